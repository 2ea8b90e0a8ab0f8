import { Title } from "@patternfly/react-core";

export default function SilencesScreen() {
  return (
    <Title headingLevel="h1" size="2xl">
      Silences
    </Title>
  );
}
