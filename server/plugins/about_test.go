package plugins_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/leaflet"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
)

const drawing = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`

// brought installs a version whose package brings files.
func (r *rig) brought(version string, files map[string]string) {
	r.t.Helper()
	folder := plugpacktest.Folder("depot", version)
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	content := bytes.NewReader(plugpacktest.Sign(r.t, plugpacktest.Key(r.t, "makers"), plugpacktest.Pack(r.t, folder)))
	if _, err := r.Install(r.admin(), content, content.Size(), shelf.Options{}); err != nil {
		r.t.Fatal(err)
	}
}

// What comes with a package is shown to everybody, each version's own; the console asks for
// nothing by a path.
func TestWhatAPackageBrings(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.brought("1.0.0", map[string]string{"icon.svg": drawing, "CHANGELOG.md": "# Changes\n1.0.0"})
	r.brought("1.1.0", map[string]string{"icon.svg": drawing + "<script/>", "README.md": strings.Repeat("x", leaflet.MaxPage+1)})
	viewer := r.as(2, access.Viewer)
	pages, err := r.Pages(viewer, "depot", "1.0.0", false)
	if err != nil || len(pages) != 3 || pages[0].Text != "# depot\n" || pages[1].Title != "说明" || pages[2].Kind != leaflet.Changelog {
		t.Errorf("%+v, %v", pages, err)
	}
	if p, err := r.Icon(viewer, "depot", "1.0.0"); err != nil || p.Type != "image/svg+xml" || string(p.Body) != drawing {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := r.Icon(viewer, "depot", "1.1.0"); code(err) != leaflet.CodeIconUnsafe {
		t.Error(err)
	}
	if pages, err := r.Pages(viewer, "depot", "1.1.0", true); err != nil || len(pages) != 2 || pages[0].Fault == nil || pages[0].Text != "" || pages[1].Fault != nil {
		t.Errorf("%+v, %v", pages, err)
	}
	for _, of := range [][2]string{{"depot", "7.0.0"}, {"../depot", "1.0.0"}, {"depot", "../1.0.0"}, {"other", "1.0.0"}} {
		if _, err := r.Pages(viewer, of[0], of[1], true); code(err) != "object.missing" {
			t.Errorf("%v: %v", of, err)
		}
		if _, err := r.Icon(viewer, of[0], of[1]); code(err) != "object.missing" {
			t.Errorf("%v: %v", of, err)
		}
	}
	for name, ask := range map[string]func(context.Context) error{
		"pages": func(ctx context.Context) error { _, err := r.Pages(ctx, "depot", "1.0.0", true); return err },
		"icon":  func(ctx context.Context) error { _, err := r.Icon(ctx, "depot", "1.0.0"); return err },
	} {
		if err := ask(t.Context()); code(err) != "auth.login_required" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := r.List(viewer); err != nil || list[0].Icon != "/api/v1/plugins/depot/versions/1.1.0/icon" {
		t.Errorf("%+v, %v", list, err)
	}
}

// Beside a program without a package lies what is for people; a link leads nowhere else.
func TestWhatLiesBesideAProgram(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Programs = t.TempDir()
	put := func(name, text string) {
		t.Helper()
		file := filepath.Join(r.Programs, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(r.Programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"depot", "shop", "bare", "sly", "climber"} {
		m := parsed(t, "1.0.0")
		if m.ID = id; id == "climber" {
			m.Icon = "../depot.about/icon.svg"
		}
		r.loose = append(r.loose, plugins.Running{ID: id, Version: "1.0.0", Manifest: m})
	}
	put("depot.about/icon.svg", drawing)
	put("depot.about/README.md", "# Depot\n")
	put("depot.about/docs/a.md", "a")
	put("depot.about/src/docs/b.md", "b")
	put("shop/icon.svg", drawing)
	put("shop/connector.yaml", "x")
	put("sly.about/docs/a.md", "a")
	put("climber.about/a.md", "a")
	put("secret.md", "secret")
	link("../secret.md", "sly.about/README.md")
	link("../depot.about/icon.svg", "sly.about/icon.svg")
	link("..", "sly.about/docs/up")
	for id, want := range map[string]string{"depot": "README docs/a", "shop": "", "bare": "", "sly": "docs/a", "climber": ""} {
		pages, err := r.Pages(r.admin(), id, "1.0.0", true)
		var ids []string
		for _, p := range pages {
			ids = append(ids, p.ID)
		}
		if got := strings.Join(ids, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v", id, got, err)
		}
	}
	icons := r.Icons(t.Context(), r.loose)
	for _, id := range []string{"depot", "shop", "bare", "sly", "climber"} {
		has := id == "depot" || id == "shop"
		if _, err := r.Icon(r.admin(), id, "1.0.0"); (err == nil) != has || !has && code(err) != "object.missing" {
			t.Errorf("%s: %v", id, err)
		}
		if (icons[id+"@1.0.0"] == plugins.IconPath(id, "1.0.0")) != has {
			t.Errorf("%s: %v", id, icons)
		}
	}
}

// The versions that serve are one of each plugin: its active package, or the newest program.
func TestServing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("1.0.0")
	r.install("1.1.0")
	if _, err := r.Activate(r.admin(), "depot", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	shop := func(version string) plugins.Running {
		m := parsed(t, version)
		m.ID = "shop"
		return plugins.Running{ID: "shop", Version: version, Manifest: m}
	}
	r.loose = []plugins.Running{shop("1.0.0"), shop("2.0.0"), {ID: "broken"}}
	all, err := r.Serving(t.Context())
	got := map[string]*manifest.Manifest{}
	for _, m := range all {
		got[m.ID] = m
	}
	if err != nil || len(all) != 2 || got["depot"].Version != "1.0.0" || got["shop"].Version != "2.0.0" {
		t.Errorf("%+v, %v", all, err)
	}
}
