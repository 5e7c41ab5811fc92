import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The release is known when the page is built: that of the backend may be another one while an update goes on.
export default defineConfig({
  plugins: [react()],
  define: { __RELEASE__: JSON.stringify(process.env.RELEASE ?? "development") },
  server: { proxy: { "/api": "http://127.0.0.1:3000" } },
});
