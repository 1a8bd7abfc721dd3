// The drawn graph. Loaded when it is first shown, for the drawing library is a third of the page.

import ForceGraph from "force-graph";
import { useEffect, useRef } from "react";
import { useText } from "./i18n";
import { CANVAS, typeColour, type Theme } from "./theme";
import type { Entity, Subgraph, Triple } from "./types";

interface Node extends Entity {
  x?: number;
  y?: number;
}
interface Link {
  source: string | Node;
  target: string | Node;
  triple: Triple;
}
type Box = [number, number, number, number];

interface Props {
  graph: Subgraph;
  answer: Set<string>;
  facts: Set<string>;
  theme: Theme;
  selected: string | null;
  onSelect: (id: string) => void;
}

const RADIUS = 5;
const FONT = '"Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';

export default function Canvas({ graph, answer, facts, theme, selected, onSelect }: Props) {
  const { t, label } = useText();
  const holder = useRef<HTMLDivElement>(null);
  const drawn = useRef<ForceGraph<Node, Link> | null>(null);
  // What the painter reads at each frame; the library keeps the functions that it was given first.
  const look = useRef({ answer, facts, theme, selected, label });
  look.current = { answer, facts, theme, selected, label };

  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const taken: Box[] = [];
    let hovered: string | undefined;
    const view = new ForceGraph<Node, Link>(holder.current!)
      .nodeLabel(() => "") // Its tooltip is HTML, and names come from documents: we draw our own text.
      .linkLabel(() => "")
      .nodeVal(1)
      .warmupTicks(still ? 200 : 60)
      .cooldownTime(still ? 0 : 2500)
      .linkWidth((link) => (strong(link) ? 2 : 1))
      .linkColor((link) => (strong(link) ? colours().answer : colours().line))
      .linkDirectionalArrowLength((link) => (strong(link) ? 4 : 0))
      .linkDirectionalArrowRelPos(0.75)
      .onRenderFramePre(() => void (taken.length = 0))
      .nodeCanvasObject((node, context, scale) => paintNode(node, context, scale, taken))
      .nodePointerAreaPaint((node, colour, context) => disc(context, node, RADIUS + 3, colour))
      .linkCanvasObjectMode(() => "after")
      .linkCanvasObject((link, context, scale) => paintName(link, context, scale))
      .onNodeClick((node) => onSelect(node.id))
      .onNodeHover((node) => ((hovered = node?.id), repaint(view)))
      .onEngineStop(() => fit(view, still ? 0 : 300));
    view.d3Force("charge")?.["strength"]?.(-160);
    view.d3Force("link")?.["distance"]?.((link: Link) => (strong(link) ? 90 : 55));
    drawn.current = view;
    const resize = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      view.width(width).height(height);
      fit(view, 0);
    });
    resize.observe(holder.current!);
    return () => (resize.disconnect(), view._destructor());

    function colours() {
      return CANVAS[look.current.theme];
    }
    function strong(link: Link): boolean {
      return look.current.facts.has(link.triple.id) || (look.current.answer.has(link.triple.subject) && look.current.answer.has(link.triple.object));
    }
    function paintNode(node: Node, context: CanvasRenderingContext2D, scale: number, boxes: Box[]) {
      const main = look.current.answer.has(node.id);
      disc(context, node, main ? RADIUS + 1 : RADIUS - 1, typeColour(node.type, look.current.theme));
      if (node.id === look.current.selected) {
        context.strokeStyle = colours().answer;
        context.lineWidth = 2 / scale;
        context.beginPath();
        context.arc(node.x!, node.y!, RADIUS + 3, 0, 2 * Math.PI);
        context.stroke();
      }
      const size = (main ? 13 : 11.5) / scale;
      context.font = `${main ? "600 " : ""}${size}px ${FONT}`;
      const name = [...node.name].length > 28 ? `${[...node.name].slice(0, 27).join("")}…` : node.name;
      const box: Box = [node.x! + RADIUS + 2, node.y! - size / 2, context.measureText(name).width, size];
      const collides = boxes.some(([x, y, w, h]) => box[0] < x + w && x < box[0] + box[2] && box[1] < y + h && y < box[1] + box[3]);
      if (collides && !main && node.id !== look.current.selected && node.id !== hovered) return;
      boxes.push(box);
      halo(context, name, box[0], node.y!, scale, "left");
    }
    function paintName(link: Link, context: CanvasRenderingContext2D, scale: number) {
      const { source, target } = link;
      if (!strong(link) || typeof source === "string" || typeof target === "string") return;
      context.font = `${11 / scale}px ${FONT}`;
      halo(context, look.current.label(link.triple.predicate), (source.x! + target.x!) / 2, (source.y! + target.y!) / 2, scale, "center");
    }
    function halo(context: CanvasRenderingContext2D, text: string, x: number, y: number, scale: number, align: CanvasTextAlign) {
      context.textAlign = align;
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = 4 / scale;
      context.strokeStyle = colours().background;
      context.strokeText(text, x, y);
      context.fillStyle = colours().text;
      context.fillText(text, x, y);
    }
  }, [onSelect]);

  useEffect(() => {
    const before = new Map(drawn.current!.graphData().nodes.map((node) => [node.id, node]));
    const nodes = graph.nodes.map((node): Node => {
      const old = before.get(node.id);
      return old?.x === undefined ? { ...node } : { ...node, x: old.x, y: old.y! };
    });
    const links = graph.edges.map((triple): Link => ({ source: triple.subject, target: triple.object, triple }));
    drawn.current!.graphData({ nodes, links });
  }, [graph]);
  useEffect(() => {
    repaint(drawn.current!.backgroundColor(CANVAS[theme].background));
  }, [theme, selected, answer, facts, label]);

  return (
    <div className="canvas">
      <div ref={holder} className="holder" role="img" aria-label={t("graph.picture", { n: graph.nodes.length })} />
      <button className="fit" onClick={() => fit(drawn.current!, 300)}>
        {t("graph.fit")}
      </button>
    </div>
  );
}

/** Draw once more with what has changed outside: the library does so when the size of nodes is set. */
function repaint(view: ForceGraph<Node, Link>) {
  view.nodeRelSize(RADIUS);
}

/** All nodes in view; labels stand to the right of their nodes, so the picture is moved left by half of one. */
function fit(view: ForceGraph<Node, Link>, milliseconds: number) {
  if (!view.graphData().nodes.length) return;
  const box = view.getGraphBbox();
  const wide = box.x[1] - box.x[0] + 2 * RADIUS;
  const high = box.y[1] - box.y[0] + 2 * RADIUS;
  const scale = Math.min(2, (view.width() - 180) / wide, (view.height() - 90) / high);
  if (!(scale > 0)) return;
  view.zoom(scale, milliseconds);
  view.centerAt((box.x[0] + box.x[1]) / 2 + 50 / scale, (box.y[0] + box.y[1]) / 2, milliseconds);
}

function disc(context: CanvasRenderingContext2D, node: Node, radius: number, colour: string) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(node.x!, node.y!, radius, 0, 2 * Math.PI);
  context.fill();
}
