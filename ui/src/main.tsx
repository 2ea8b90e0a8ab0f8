import "@patternfly/react-core/dist/styles/base.css";
import { createRoot } from "react-dom/client";
import { AppRoot } from "./AppRoot.tsx";
// After the components: PatternFly's own styles come in with them, and of two equal rules the later one holds.
import "./styles/page.css";
import "./styles/status.css";
import { createApp } from "./app.ts";

const app = createApp();
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(<AppRoot app={app} />);
void app.start();
