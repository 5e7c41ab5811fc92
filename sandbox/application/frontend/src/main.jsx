import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { StatusPage } from "./StatusPage.jsx";
import "./style.css";

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <StatusPage />
  </StrictMode>,
);
