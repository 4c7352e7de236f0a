"""The router: the frame of every page, and which page is shown."""

from pathlib import Path

import streamlit as st

from app.ui import canvas, library, theme

STATIC = Path(__file__).parent / "static"

drawn = canvas.pages()
page = st.navigation(
    {
        "Explore": [drawn[name] for name in drawn if name not in canvas.OWN],
        "Understand": [drawn["beta"]],
        "Make": [drawn["train"]],
        "Learn": [st.Page(f"views/{name}.py", title=name.title()) for name in ("learn", "about")],
        "Measure": [
            st.Page(f"views/{name}.py", title=name.title()) for name in ("table", "studies", "layers")
        ],
    },
    expanded=True,
)
st.set_page_config(
    page_title=f"{page.title} · Loupe",
    page_icon=STATIC / "icon.svg",
    layout="wide",
    # With an entry of ours, Streamlit's menu is shown, and with it the choice of light or dark.
    menu_items={"About": "Loupe is an interactive explorer of the latent spaces that autoencoders learn."},
)
st.logo(STATIC / "logo.svg", icon_image=STATIC / "icon.svg", size="large")
theme.apply()
with st.sidebar:
    count = len(library.shelf().bundles)
    st.html(f'<p class="lp-foot">{count} {"bundle" if count == 1 else "bundles"}</p>')
page.run()
