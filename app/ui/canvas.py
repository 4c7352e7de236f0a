"""The canvas: the pages on which everything moves under the mouse, drawn in the browser.

Python says which bundles there are and what the address holds, and hears of a gesture at its
end. Bundles travel by the routes of :mod:`app.routes`, never through Streamlit.
"""

from __future__ import annotations

import json
from functools import partial

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from aecore import scenes
from app import lab, routes
from app.scene import scene_url
from app.ui import address, library, pick, states

# Streamlit takes a text without a line break for a path.
LOADER = """
export default function ({ data: bytes, parentElement, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  const at = (path) => new URL(path, window.__streamlit?.BACKEND_BASE_URL ?? document.baseURI).href;
  // What was said while Python was busy is said again: of two triggers only the later one arrives.
  const waiting = parentElement.saidAndNotHeard ?? {};
  for (const [name, value] of Object.entries(waiting)) {
    if ((data.host.saved[name] ?? null) === value) delete waiting[name];
  }
  parentElement.saidAndNotHeard = waiting;
  const say = ({ page, ...changes }) => {
    Object.assign(waiting, changes);
    setTriggerValue("said", page ? { ...waiting, page } : { ...waiting });
  };
  const shelf = data.host.shelf.map((each) => ({ ...each, url: at(each.url) }));
  const lab = at(data.host.lab);
  let leave, left = false;
  import(at(data.canvas)).then(
    ({ mount }) => { if (!left) leave = mount(parentElement, { ...data.host, shelf, lab, say }); },
  ).catch((error) => {
    console.warn(error);
    parentElement.textContent = "The canvas cannot be loaded. Is Loupe running? Reload the page.";
  });
  return () => { left = true; leave?.(); };
}
"""
_component = st.components.v2.component("loupe_canvas", js=LOADER)
KEY = "canvas"
OWN = ("beta", "train")
"""Pages that are about no bundle."""
TITLES = {"beta": "β lab"}
LONGEST = 8000  # characters of a value in the address


@st.fragment
def show(page: str) -> None:
    """One page of the canvas, of the bundle that the address names."""
    shelf = library.shelf().bundles
    if address.get("bundle") not in {None, *shelf}:  # one that has just been made
        library.shelf.clear()
        shelf = library.shelf().bundles
    if not shelf and page not in OWN:
        states.no_bundle()
        return
    kept = st.session_state.setdefault("kept-addresses", {})
    if not address.everything() and kept.get(page, {}).get("bundle") == st.session_state.get("last-bundle"):
        address.put(**kept.get(page, {}))  # somebody has come back
    chosen = pick.wanted(shelf).id if shelf else ""
    kept[page] = address.everything()
    host = {
        "page": page,
        "bundle": chosen,
        "lab": lab.LIST,
        "shelf": [
            entry | {"url": scene_url(shelf[entry["id"]])} for entry in scenes.entries(list(shelf.values()))
        ],
        "saved": address.everything(),
    }
    # Streamlit looks through an object for data frames, for which it loads pandas: bytes it hands on.
    data = json.dumps({"canvas": routes.canvas_url("canvas.js"), "host": host}).encode()
    _component(key=KEY, data=data, on_said_change=_heard)
    if to := st.session_state.pop("go-to", None):
        st.switch_page(pages()[to], query_params=address.everything())
    if st.session_state.pop("frame-changed", False):
        st.rerun()  # the frame around the page changes too


def _heard() -> None:
    """Puts what a gesture has come to into the address; ``page`` goes to another one."""
    said = st.session_state[KEY].said
    if not isinstance(said, dict):
        return
    known = {name: value for name, value in said.items() if name.isidentifier() and _fits(value)}
    to = known.pop("page", None)
    st.session_state["go-to"] = to if to in routes.PAGES else None
    st.session_state["frame-changed"] = "stage" in known
    address.put(**known)


def _fits(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= LONGEST)


def pages() -> dict[str, StreamlitPage]:
    """The canvas's pages for the router, the one at ``/`` first."""
    return {
        name: st.Page(
            partial(show, name), title=TITLES.get(name, name.title()), url_path=name, default=not number
        )
        for number, name in enumerate(routes.PAGES)
    }
