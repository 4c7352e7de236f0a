"""About: what this bundle is and how it was trained, and what Loupe is."""

from importlib.metadata import version
from pathlib import Path

import streamlit as st

from aecore import scenes
from aecore.bundles import Bundle
from aecore.metrics import collapse
from app.ui import again, facts, lessons, library, numbers, pick, plots, states, theme

LICENCE = Path(__file__).parents[1] / "static" / "fonts" / "LICENSE.txt"
QUIET = {"displayModeBar": False}


@st.fragment
def page() -> None:
    bundle, row = pick.bundle()
    with states.guard():
        pick.stage(row)
        left, right = st.columns([1.7, 1], gap="small")
        with right, st.container(border=True, key="card-bundle"):
            numbers.heading(bundle.id, "what the bundle’s card says")
            if bundle.card.note:
                st.text(bundle.card.note)
            numbers.table(facts.card(bundle))
        with right, st.container(border=True, key="card-figures"):
            beside = facts.comparison(bundle)
            too = f"; PCA has {scenes.dims(bundle)} too" if beside else ""
            numbers.heading("Key figures", f"on the test split{too}")
            if beside:
                numbers.table(beside, head=("", bundle.card.title, "PCA"))
            numbers.table(facts.figures(bundle))
        with right, st.container(border=True, key="card-learn"):
            numbers.heading(
                "What it teaches", "equation, when to use it, limits, and the one file that it is"
            )
            st.html(lessons.link(bundle))
        with left, st.container(border=True, key="card-history"):
            numbers.heading("Training", facts.training(bundle.history))
            terms = facts.terms(bundle.history)
            for start in range(0, len(terms), 2):
                for name, column in zip(terms[start : start + 2], st.columns(2), strict=False):
                    title, unit = facts.term(name, bundle)
                    figure = plots.term(bundle.history, name, unit, theme.mode())
                    with column:
                        numbers.heading(title)
                        st.plotly_chart(
                            figure, height=210, key=name, config=QUIET, alt=f"{title} over the epochs."
                        )
        if found := collapse.of_card(bundle.card.metrics):
            with left, st.container(border=True, key="card-collapse"):
                numbers.heading("Has the posterior collapsed?", "KL of each dimension on the test split")
                st.text(found.sentence)
                kl = facts.listed(bundle, "kl_per_dimension")
                figure = plots.dimensions(kl, collapse.DEAD, theme.mode())
                st.plotly_chart(figure, height=190, key="kl", config=QUIET, alt="KL of each dimension.")
        with left, st.container(border=True, key="card-made"):
            with st.skeleton(height=60):
                numbers.heading("How it was made", facts.command(bundle))
            again.show(bundle)
            with st.skeleton(height=300):
                options(bundle)
    loupe()


def options(bundle: Bundle) -> None:
    """What was chosen, each with what it does, and folded away what was left as it is by default."""
    every = facts.options(bundle)
    for title, usual in (("", False), ("As by default", True)):
        of = [(each.title, each.value, each.flag, each.help) for each in every if each.usual == usual]
        with st.expander(f"{title}: {len(of)} options") if usual else st.container():
            numbers.described(of, tag="i")


def loupe() -> None:
    """What Loupe is, what it is made of, and which bundles it could not read."""
    with st.container(border=True, key="card-loupe"):
        numbers.heading("Loupe", "an interactive explorer of the latent spaces that autoencoders learn")
        st.markdown(
            "Everything here runs on this machine: the bundles hold the models, their codes and the maps, "
            "and no page asks the network for anything. A page’s address says what it is about, so a link "
            "shows it to others."
        )
        numbers.table([(name, version(name)) for name in ("streamlit", "plotly", "onnxruntime", "numpy")])
        with st.expander("Licence of the typeface Inter"):
            st.text(LICENCE.read_text("utf-8"))
    for folder, reason in library.shelf().damaged:
        states.message("A bundle is left out", f"{folder}: {reason}", ":material/broken_image:")


page()
