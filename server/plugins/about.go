package plugins

import (
	"context"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/leaflet"
)

// Pages gives what comes with a version to read, in English or in Chinese; none where
// nothing does.
func (s *Service) Pages(ctx context.Context, id, version string, english bool) ([]leaflet.Page, error) {
	b, err := s.bundle(ctx, id, version)
	if err != nil {
		return nil, err
	}
	defer b.close()
	return leaflet.Pages(b.files, english)
}

// Icon gives the icon of a version: "object.missing" where it has none.
func (s *Service) Icon(ctx context.Context, id, version string) (leaflet.Picture, error) {
	b, err := s.bundle(ctx, id, version)
	if err != nil {
		return leaflet.Picture{}, err
	}
	defer b.close()
	if !b.has(b.icon) {
		return leaflet.Picture{}, access.Missing()
	}
	return leaflet.Icon(b.files, b.icon)
}

// bundle are the files of a version.
type bundle struct {
	files leaflet.Files
	icon  string
	close func()
}

func (b *bundle) has(name string) bool {
	if name == "" || !fs.ValidPath(name) {
		return false
	}
	_, err := b.files.Size(name)
	return err == nil
}

// bundle finds the files of an installed version: those of its package, or those beside a
// program without one.
func (s *Service) bundle(ctx context.Context, id, of string) (*bundle, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	installed, err := s.Shelf.Recent(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range installed {
		v, ok := c.Version(of)
		if c.ID != id || !ok || v.Manifest == nil {
			continue
		}
		b := &bundle{files: packed{s, v.Manifest}, close: func() {}}
		if text, err := s.Shelf.Read(id, of, plugpack.ConnectorFile); err == nil {
			if m, err := manifest.Parse(text); err == nil {
				b.icon = m.Icon
			}
		}
		return b, nil
	}
	running, err := s.Engine.Running(ctx)
	if err != nil {
		return nil, err
	}
	r := find(running, id, of, false)
	if r == nil || r.Manifest == nil {
		return nil, access.Missing()
	}
	root := s.beside(id)
	if root == nil {
		return &bundle{files: nothing{}, close: func() {}}, nil
	}
	return &bundle{files: folder{root}, icon: r.Manifest.Icon, close: func() { _ = root.Close() }}, nil // it was only read
}

// beside opens the folder with what is for people of a program, nil where there is none.
func (s *Service) beside(id string) *os.Root {
	if s.Programs == "" || strings.ContainsAny(id, `/\.:`) {
		return nil
	}
	for _, name := range []string{id + ".about", id} {
		if root, err := os.OpenRoot(filepath.Join(s.Programs, name)); err == nil {
			return root
		}
	}
	return nil
}

// iconOf tells where the icon of the version that serves is.
func (s *Service) iconOf(c *Connector, running []Running) string {
	for _, v := range c.Versions {
		if r := find(running, c.ID, v.Version, v.Status != Loose); v.Active && r != nil && r.Manifest != nil {
			return s.place(r, func() *plugpack.Manifest { return v.Manifest })
		}
	}
	return ""
}

// place tells where browsers find the icon of a version.
func (s *Service) place(r *Running, packaged func() *plugpack.Manifest) string {
	icon := r.Manifest.Icon
	switch {
	case strings.HasPrefix(icon, "data:image/"):
		return icon
	case icon == "":
		return ""
	case r.Packaged:
		if m := packaged(); m == nil {
			return ""
		} else if _, ok := m.File(icon); !ok {
			return ""
		}
	default:
		root := s.beside(r.ID)
		if root == nil {
			return ""
		}
		b := bundle{files: folder{root}, close: func() { _ = root.Close() }} // it was only looked at
		defer b.close()
		if !b.has(icon) {
			return ""
		}
	}
	return IconPath(r.ID, r.Version)
}

// IconPath is where the interface gives the icon of a version.
func IconPath(id, version string) string {
	return "/api/v1/plugins/" + url.PathEscape(id) + "/versions/" + url.PathEscape(version) + "/icon"
}

// Icons tells where the icons of versions that run are, by "ID@VERSION": of those that have one.
func (s *Service) Icons(ctx context.Context, running []Running) map[string]string {
	icons := map[string]string{}
	installed, err := s.Shelf.Recent(ctx)
	if err != nil {
		return icons // a list without pictures is a list
	}
	for i := range running {
		r := &running[i]
		if r.Manifest == nil {
			continue
		}
		at := s.place(r, func() *plugpack.Manifest {
			for _, c := range installed {
				if v, ok := c.Version(r.Version); ok && c.ID == r.ID {
					return v.Manifest
				}
			}
			return nil
		})
		if name := r.ID + "@" + r.Version; at != "" && icons[name] == "" {
			icons[name] = at
		}
	}
	return icons
}

// Serving gives the manifests of the versions that serve, by id.
func (s *Service) Serving(ctx context.Context) ([]*manifest.Manifest, error) {
	running, err := s.Engine.Running(ctx)
	if err != nil {
		return nil, err
	}
	installed, err := s.Shelf.Recent(ctx)
	if err != nil {
		return nil, err
	}
	active := map[string]string{}
	for _, c := range installed {
		active[c.ID] = c.Active
	}
	var list []*manifest.Manifest
	seen := map[string]bool{}
	for _, r := range running {
		if m := serving(running, r.ID, active[r.ID]); !seen[r.ID] && m != nil {
			list = append(list, m)
		}
		seen[r.ID] = true
	}
	return list, nil
}
