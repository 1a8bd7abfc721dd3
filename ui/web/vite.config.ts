import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The server mounts ui/static at "/"; while developing, `npm run dev` passes /api on to `kgqa serve`.
export default defineConfig({
  plugins: [react()],
  build: { outDir: "../static", emptyOutDir: true, modulePreload: { polyfill: false } },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
