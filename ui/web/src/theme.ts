// Light and dark. Canvas colours come from this table: a canvas cannot read CSS variables at the right time.

import { useEffect, useState } from "react";

export type Choice = "system" | "light" | "dark";
export type Theme = "light" | "dark";

export const CANVAS: Record<Theme, { background: string; text: string; line: string; answer: string }> = {
  light: { background: "#ffffff", text: "#1b1f24", line: "#c3c9d1", answer: "#d9620a" },
  dark: { background: "#14171b", text: "#e8eaed", line: "#4a515b", answer: "#f08a35" },
};

const PALETTE: Record<Theme, string[]> = {
  light: ["#1f6fdc", "#c75b06", "#12844b", "#a83293", "#b3261e", "#6a4fcf", "#00798a", "#7a6200", "#8a4b2f", "#5f6a76", "#46722a"],
  dark: ["#6ba6ff", "#f0914a", "#4cc38a", "#e07fcf", "#ff8a80", "#ab94ff", "#4fc3d4", "#d6b84a", "#d09a7e", "#a9b4c0", "#9dcb78"],
};
const KNOWN = ["Person", "Organization", "Place", "Work", "Event", "Concept", "Product", "Award", "Group", "Date", "Quantity"];

/** One colour for each entity type: the known ones fixed, others by their name. */
export function typeColour(type: string, theme: Theme): string {
  const palette = PALETTE[theme];
  const known = KNOWN.indexOf(type);
  const index = known >= 0 ? known : [...type].reduce((sum, c) => sum + c.charCodeAt(0), 0);
  return palette[index % palette.length]!;
}

export function useTheme(): [Choice, Theme, () => void] {
  const [choice, setChoice] = useState<Choice>(() => {
    const kept = localStorage.getItem("kgqa.theme");
    return kept === "light" || kept === "dark" ? kept : "system";
  });
  const [dark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  const theme: Theme = choice === "system" ? (dark ? "dark" : "light") : choice;
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("kgqa.theme", choice);
  }, [theme, choice]);
  const next = () => setChoice((now) => (now === "system" ? "light" : now === "light" ? "dark" : "system"));
  return [choice, theme, next];
}
