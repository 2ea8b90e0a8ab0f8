import { Title } from "@patternfly/react-core";

export default function ActivityScreen() {
  return (
    <Title headingLevel="h1" size="2xl">
      Activity
    </Title>
  );
}
