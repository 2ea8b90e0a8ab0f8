import { Title } from "@patternfly/react-core";

export default function ConfigurationScreen() {
  return (
    <Title headingLevel="h1" size="2xl">
      Configuration
    </Title>
  );
}
