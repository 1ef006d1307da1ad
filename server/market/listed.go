package market

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/shelf"
)

// CodeNoRegistry means that no registry is set up.
const CodeNoRegistry = "template.registry_none"

// Listed is a template of the registry in its newest version, as the list says: what it is
// worth is known when it is fetched.
type Listed struct {
	ID, Version    string
	Title, Summary field.Text
	Author         string
	Status         shelf.Status
	Key, KeyName   string
	// Installed is the newest version that is there, "" for none.
	Installed string
}

// RegistryList lists the private registry; from is where it is, "" where none is set up.
func (s *Service) RegistryList(ctx context.Context) (from string, all []Listed, err error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil || s.Registry == nil {
		return "", nil, err
	}
	list, err := s.Registry.List(ctx)
	if err != nil {
		return "", nil, err
	}
	judge, err := s.Trust.Judge(plugpack.Templates)
	if err != nil {
		return "", nil, err
	}
	kept, err := s.Store.Own(ctx, p.Workspace)
	if err != nil {
		return "", nil, err
	}
	for _, e := range list.Templates {
		if newest, _ := list.Pick(e.ID, ""); newest.Version != e.Version || slices.ContainsFunc(all, func(l Listed) bool { return l.ID == e.ID }) {
			continue
		}
		l := Listed{ID: e.ID, Version: e.Version, Title: e.Title, Summary: e.Summary, Author: e.Author, Key: e.Key}
		l.Status, l.KeyName = judge.Key(e.Key)
		for _, k := range kept {
			if k.ID == e.ID && (l.Installed == "" || version.Compare(k.Version, l.Installed) > 0) {
				l.Installed = k.Version
			}
		}
		all = append(all, l)
	}
	return redacted(s.Registry.From), all, nil
}

// redacted leaves a password out of an address.
func redacted(from string) string {
	if u, err := url.Parse(from); err == nil && strings.Contains(from, "://") {
		return u.Redacted()
	}
	return from
}

// Fetch stores a template of the registry in a version, "" for the newest.
func (s *Service) Fetch(ctx context.Context, id, version string, o Options) (View, error) {
	if _, err := access.Here(ctx, access.Edit); err != nil {
		return View{}, err
	}
	if s.Registry == nil {
		return View{}, fault.New(CodeNoRegistry, "no registry of templates is set up").Classed(fault.Config).
			Hinted("start the server with --templates-from and a folder or an address")
	}
	list, err := s.Registry.List(ctx)
	if err != nil {
		return View{}, err
	}
	entry, ok := list.Pick(id, version)
	if !ok {
		return View{}, access.Missing()
	}
	file, err := s.Registry.Fetch(ctx, entry)
	if err != nil {
		return View{}, err
	}
	return s.Import(ctx, file, o)
}
