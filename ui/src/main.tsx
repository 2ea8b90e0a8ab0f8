import "@patternfly/react-core/dist/styles/base.css";
import { createRoot } from "react-dom/client";
import { AppRoot } from "./AppRoot.tsx";
// After the components, which import PatternFly's styles: of two equal rules the later one applies.
import "./styles/page.css";
import "./styles/shell.css";
import "./styles/list.css";
import { createApp } from "./app.ts";

const app = createApp();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(<AppRoot app={app} />);
void app.start();
