import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Translated } from "./i18n";
import "./styles.css";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Translated>
      <App />
    </Translated>
  </StrictMode>,
);
