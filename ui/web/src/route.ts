// Hash routes: #/ask, #/graph, #/docs[/<id>], #/p/<passage>, with ?s=&e= for a mark.

import { useEffect, useState } from "react";

export interface Route {
  page: string;
  id: string;
  start: number;
  end: number;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page = "", id = ""] = path.split("/");
  const values = new URLSearchParams(query);
  return {
    page: page || "ask",
    id: decodeURIComponent(id),
    start: Number(values.get("s") ?? 0),
    end: Number(values.get("e") ?? 0),
  };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
