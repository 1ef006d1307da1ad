package market

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/market/template"
	"github.com/karezflow/karez/server/market/templatepack"
	"github.com/karezflow/karez/server/shelf"
)

// Kept is a version of a template of a workspace's own. It never changes.
type Kept struct {
	ID, Version string
	// Sum names its content, Key is the id of the key that signed it, "" for none.
	Sum, Key string
	Origin   Origin
	// Allowed says that it may be copied though nobody vouches for it.
	Allowed bool
	// By says who published or imported it, At when.
	By string
	At ledger.Millis
}

// Origin says how a template came to be there.
type Origin string

// The origins.
const (
	BuiltIn   Origin = "built-in"
	Published Origin = "published"
	Imported  Origin = "imported"
)

// Own keeps the templates of workspaces.
type Own interface {
	// Own gives those of a workspace.
	Own(ctx context.Context, workspace ledger.ID) ([]Kept, error)
	// Package gives the file of one; ledger.ErrNotFound.
	Package(ctx context.Context, workspace ledger.ID, id, version string) ([]byte, error)
	// Keep stores a file, false where another one of the version is there. The same content once
	// more takes a signature and a permission over.
	Keep(ctx context.Context, workspace ledger.ID, k Kept, file []byte) (bool, error)
	// Drop removes a version, all of them where it is "", and gives how many those were.
	Drop(ctx context.Context, workspace ledger.ID, id, version string) (int, error)
}

// Trust tells how far packages can be trusted.
type Trust interface {
	Judge(kind plugpack.Kind) (*shelf.Judge, error)
}

// Codes of what stands against a template package.
const (
	// CodeTaken means that the id is one of the product's own.
	CodeTaken = "template.id_taken"
	// CodeExists means that the version is there with other content.
	CodeExists = "template.version_exists"
	// CodeBuiltIn means that the template came with the product.
	CodeBuiltIn = "template.built_in"
	// CodeKarez means that it wants another version of the product.
	CodeKarez = "template.karez"
)

// maxOwn is how many packages are kept read.
const maxOwn = 200

// view gives one of the product's own templates.
func builtIn(t *template.Template) View {
	return View{Template: t, Origin: BuiltIn, Standing: shelf.Standing{Status: shelf.Core}, Versions: []string{t.Metadata.Version}}
}

// own gives the templates of a workspace, each in its newest version or, where it is asked
// for, in that one. id "" is all of them.
func (s *Service) own(ctx context.Context, workspace ledger.ID, id, want string) ([]View, error) {
	kept, err := s.Store.Own(ctx, workspace)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	judge, err := s.Trust.Judge(plugpack.Templates)
	if err != nil {
		return nil, err
	}
	versions := map[string][]Kept{}
	for _, k := range kept {
		if (id == "" || k.ID == id) && !s.taken(k.ID) {
			versions[k.ID] = append(versions[k.ID], k)
		}
	}
	var views []View
	for _, all := range versions {
		slices.SortFunc(all, func(a, b Kept) int { return version.Compare(b.Version, a.Version) })
		i := 0
		if want != "" {
			if i = slices.IndexFunc(all, func(k Kept) bool { return k.Version == want }); i < 0 {
				continue
			}
		}
		v, err := s.stored(ctx, workspace, all[i], judge)
		if err != nil {
			return nil, err
		}
		for _, k := range all {
			v.Versions = append(v.Versions, k.Version)
		}
		views = append(views, v)
	}
	return views, nil
}

// stored reads a stored package. One that this program can't read is there with its fault.
func (s *Service) stored(ctx context.Context, workspace ledger.ID, k Kept, judge *shelf.Judge) (View, error) {
	v := View{Origin: k.Origin, By: k.By, At: k.At, Sum: k.Sum}
	p, err := s.read(ctx, workspace, k)
	switch f, wrong := errors.AsType[*fault.Fault](err); {
	case wrong:
		v.Template = &template.Template{Metadata: template.Metadata{ID: k.ID, Version: k.Version, Title: field.Text{ZH: k.ID, EN: k.ID}}}
		v.Standing = shelf.Standing{Status: shelf.Modified, Fault: f}
		return v, nil
	case err != nil:
		return v, err
	}
	v.Template, v.Standing = p.Template, judge.Of(k.ID, k.Version, p.Text, p.Signature)
	if v.Status == shelf.Unsigned && k.Origin == Published {
		v.Status = Here
	} else if v.Status == shelf.Unsigned && !k.Allowed {
		v.Fault = shelf.Unvouched(k.ID, k.Version, v.Key)
	}
	return v, nil
}

// Here is the status of what people of the workspace published: they vouch for it.
const Here shelf.Status = "loose"

func (s *Service) read(ctx context.Context, workspace ledger.ID, k Kept) (*templatepack.Package, error) {
	key := k.Sum + " " + k.Key
	s.mu.Lock()
	p := s.packages[key]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	file, err := s.Store.Package(ctx, workspace, k.ID, k.Version)
	if err != nil {
		return nil, err
	}
	if p, err = templatepack.Look(file); err != nil {
		return nil, err
	}
	if p.Sum != k.Sum || p.Manifest.ID != k.ID || p.Manifest.Version != k.Version {
		return nil, fault.New(templatepack.CodeIdentity, "the package is said to be %s %s, and the template in it is another one", k.ID, k.Version).Classed(fault.Data).
			Hinted("have the package made again")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.packages) >= maxOwn || s.packages == nil {
		s.packages = map[string]*templatepack.Package{}
	}
	s.packages[key] = p
	return p, nil
}

// taken reports whether an id is one of the product's own, or a word of the interface.
func (s *Service) taken(id string) bool {
	return slices.Contains([]string{"drafts", "packages", "registry"}, id) ||
		slices.ContainsFunc(s.Templates, func(t *template.Template) bool { return t.Metadata.ID == id })
}

func takenID(id string) *fault.Fault {
	return fault.New(CodeTaken, "a template of the product is called %s", id).At("metadata.id").Classed(fault.Duplicate).Hinted("give it another id")
}

// Package gives the file of a template, and its name.
func (s *Service) Package(ctx context.Context, id, version string) (name string, file []byte, err error) {
	v, err := s.find(ctx, access.Read, id, version)
	if err != nil {
		return "", nil, err
	}
	name = v.Metadata.ID + "-" + v.Metadata.Version + templatepack.Extension
	if v.Origin != BuiltIn {
		p, err := access.Here(ctx, access.Read)
		if err != nil {
			return "", nil, err
		}
		file, err = s.Store.Package(ctx, p.Workspace, v.Metadata.ID, v.Metadata.Version)
		return name, file, err
	}
	p, err := templatepack.Make(v.Template)
	if err != nil {
		return "", nil, err
	}
	file, err = p.Bytes()
	return name, file, err
}

// Options say what the importer allows.
type Options struct {
	// Unsigned allows exactly this package though nobody vouches for it: an administrator may.
	Unsigned bool
	// Sum is that of the package which was looked at before, "" for none.
	Sum string
}

// Inspection is what is in a package that is not imported yet.
type Inspection struct {
	View

	// Here says that exactly this package is there already.
	Here bool
	// Objections are what Options can allow.
	Objections []*fault.Fault
	// Problems stand against importing it whatever is allowed.
	Problems []*fault.Fault
}

// Inspect tells what is in a package. Nothing is written. A file that is no template package,
// or not the one that was made, is refused.
func (s *Service) Inspect(ctx context.Context, file []byte) (Inspection, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Inspection{}, err
	}
	pack, err := templatepack.Look(file)
	if err != nil {
		return Inspection{}, err
	}
	return s.inspect(ctx, p.Workspace, pack)
}

func (s *Service) inspect(ctx context.Context, workspace ledger.ID, pack *templatepack.Package) (Inspection, error) {
	m := pack.Manifest
	judge, err := s.Trust.Judge(plugpack.Templates)
	if err != nil {
		return Inspection{}, err
	}
	i := Inspection{View: View{Template: pack.Template, Origin: Imported, Sum: pack.Sum, Standing: judge.Of(m.ID, m.Version, pack.Text, pack.Signature)}}
	if i.Fault != nil { // it is not what was signed, or must not be used
		return i, i.Fault
	}
	i.Problems = pack.Template.Problems()
	if i.Expired {
		i.Problems = append(i.Problems, shelf.Expired(m.ID, m.Version, i.Key, i.KeyName))
	}
	if s.taken(m.ID) {
		i.Problems = append(i.Problems, takenID(m.ID))
	}
	if m.Karez != "" && template.Semantic(s.Version) && !template.InRange(m.Karez, s.Version) {
		i.Problems = append(i.Problems, fault.New(CodeKarez, "the template wants Karez %s, and this is %s", m.Karez, s.Version).At("metadata.karez").Classed(fault.Config).
			Hinted("take another version of the template, or of Karez"))
	}
	kept, err := s.Store.Own(ctx, workspace)
	if err != nil {
		return i, err
	}
	allowed := false
	for _, k := range kept {
		if k.ID != m.ID {
			continue
		}
		i.Versions = append(i.Versions, k.Version)
		if k.Version == m.Version && k.Sum != pack.Sum {
			i.Problems = append(i.Problems, exists(m.ID, m.Version))
		} else if k.Version == m.Version {
			i.Here, allowed = true, k.Allowed || k.Origin == Published
		}
	}
	if i.Status == shelf.Unsigned && !allowed {
		i.Objections = append(i.Objections, shelf.Unvouched(m.ID, m.Version, i.Key))
	}
	return i, s.needed(ctx, &i.View)
}

func exists(id, version string) *fault.Fault {
	return fault.New(CodeExists, "another template %s %s is there", id, version).At("metadata.version").Classed(fault.Duplicate).
		Hinted("a version never changes: give the template a new one, or delete the one that is there first")
}

// Import stores a package after everything about it was checked.
func (s *Service) Import(ctx context.Context, file []byte, o Options) (View, error) {
	action := access.Edit
	if o.Unsigned {
		action = access.Administer
	}
	p, err := access.Here(ctx, action)
	if err != nil {
		return View{}, err
	}
	pack, err := templatepack.Look(file)
	if err != nil {
		return View{}, err
	}
	if o.Sum != "" && o.Sum != pack.Sum {
		return View{}, fault.New(shelf.CodeOther, "this is not the package that was looked at").Hinted("look at it again").Classed(fault.Config)
	}
	i, err := s.inspect(ctx, p.Workspace, pack)
	switch {
	case err != nil:
		return View{}, err
	case len(i.Problems) > 0:
		return View{}, &FaultsError{i.Problems}
	case len(i.Objections) > 0 && !o.Unsigned:
		return View{}, i.Objections[0]
	}
	return s.keep(ctx, p, pack, Kept{Origin: Imported, Allowed: o.Unsigned && i.Status == shelf.Unsigned})
}

// keep stores a package that nothing stands against.
func (s *Service) keep(ctx context.Context, p access.Principal, pack *templatepack.Package, k Kept) (View, error) {
	k.ID, k.Version, k.Sum, k.By, k.At = pack.Manifest.ID, pack.Manifest.Version, pack.Sum, p.Name, ledger.At(s.Clock())
	if pack.Signature != nil {
		k.Key = pack.Signature.Key
	}
	file, err := pack.Bytes()
	if err != nil {
		return View{}, err
	}
	kept, err := s.Store.Keep(ctx, p.Workspace, k, file)
	if err != nil {
		return View{}, err
	}
	if !kept {
		return View{}, exists(k.ID, k.Version)
	}
	s.Log.InfoContext(ctx, "a template was stored", "template", k.ID, "version", k.Version, "origin", k.Origin, "sum", k.Sum, "by", k.By)
	return s.Get(ctx, k.ID, k.Version)
}

// Delete removes a version of a template of the workspace's own, all of them where it is "".
// Copies stay.
func (s *Service) Delete(ctx context.Context, id, version string) error {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return err
	}
	gone, err := s.Store.Drop(ctx, p.Workspace, id, version)
	switch {
	case err != nil:
		return err
	case gone == 0 && s.taken(id):
		return fault.New(CodeBuiltIn, "template %s comes with the product and stays", id).Classed(fault.Config)
	case gone == 0:
		return access.Missing()
	}
	s.Log.InfoContext(ctx, "a template was deleted", "template", id, "version", cmp.Or(version, "all"), "by", p.Name)
	return nil
}

// FaultsError is everything that stands against a template. It unwraps to the first.
type FaultsError struct{ Faults []*fault.Fault }

// Error implements error.
func (e *FaultsError) Error() string { return e.Faults[0].Error() }

// Unwrap gives the first fault.
func (e *FaultsError) Unwrap() error { return e.Faults[0] }
