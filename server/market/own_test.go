package market_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/market/registry"
	"github.com/karezflow/karez/server/market/template"
	"github.com/karezflow/karez/server/market/templatepack"
	"github.com/karezflow/karez/server/shelf"
)

// cellar keeps packages in memory.
type cellar struct {
	kept  []market.Kept
	files map[string][]byte
}

func keyOf(workspace ledger.ID, id, version string) string {
	return fmt.Sprint(workspace, id, "@", version)
}

// Own implements market.Own.
func (c *cellar) Own(_ context.Context, workspace ledger.ID) (all []market.Kept, err error) {
	for _, k := range c.kept {
		if c.files[keyOf(workspace, k.ID, k.Version)] != nil {
			all = append(all, k)
		}
	}
	return all, nil
}

// Package implements market.Own.
func (c *cellar) Package(_ context.Context, workspace ledger.ID, id, version string) ([]byte, error) {
	if f := c.files[keyOf(workspace, id, version)]; f != nil {
		return f, nil
	}
	return nil, ledger.ErrNotFound
}

// Keep implements market.Own.
func (c *cellar) Keep(_ context.Context, workspace ledger.ID, k market.Kept, file []byte) (bool, error) {
	if c.files == nil {
		c.files = map[string][]byte{}
	}
	for i, old := range c.kept {
		if old.ID == k.ID && old.Version == k.Version {
			if old.Sum != k.Sum {
				return false, nil
			}
			c.kept[i].Allowed = old.Allowed || k.Allowed
			return true, nil
		}
	}
	c.kept = append(c.kept, k)
	c.files[keyOf(workspace, k.ID, k.Version)] = file
	return true, nil
}

// Drop implements market.Own.
func (c *cellar) Drop(_ context.Context, workspace ledger.ID, id, version string) (n int, err error) {
	var left []market.Kept
	for _, k := range c.kept {
		key := keyOf(workspace, k.ID, k.Version)
		if c.files[key] != nil && k.ID == id && (version == "" || k.Version == version) {
			delete(c.files, key)
			n++
		} else {
			left = append(left, k)
		}
	}
	c.kept = left
	return n, nil
}

// small is a template of the product.
const small = `apiVersion: karez/v1
kind: Template
metadata: {id: built-in, version: 1.0.0, title: {zh: 甲, en: A}, summary: {zh: 甲, en: A}, industry: {zh: 电商, en: Shops}, author: Karez, licence: Apache-2.0}
spec:
  connections: [{slot: shop, connector: depot, versions: ">=1.0 <2.0", title: {zh: 店, en: Shop}}]
  docs: {zh: 文, en: Text}
  changelog: [{version: 1.0.0, text: {zh: 首版, en: First}}]
  flows: [{apiVersion: karez/v1, kind: Flow, metadata: {id: one, title: 甲}, spec: {nodes: [{id: rows, type: source, connection: shop, settings: {operation: orders}}], edges: []}}]
`

// own is a market with a shelf of its own, and the package of a shipped template under another id.
type own struct {
	*place

	t     *testing.T
	s     *market.Service
	shelf *shelf.Shelf
	now   time.Time
}

func newOwn(t *testing.T) *own {
	t.Helper()
	one, err := template.Parse([]byte(small))
	must(t, err)
	o := &own{t: t, place: &place{connectors: []catalog.Connector{{ID: "depot", Version: "1.2.0"}}}, now: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}
	o.s = market.New(market.Config{
		Templates: []*template.Template{one}, Store: o.place, Connectors: o.place, Connections: views{o.place}, Tables: codes{o.place}, Flows: o.place,
		NewID: func() string { return "fresh" }, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	o.shelf = shelf.New(shelf.Config{Dir: filepath.Join(t.TempDir(), "plugins"), Clock: func() time.Time { return o.now }})
	o.s.Trust, o.s.Version = o.shelf, "1.4.0"
	return o
}

// packed gives a package, signed by a key of a name where there is one.
func (o *own) packed(version, signer string, edits ...string) []byte {
	o.t.Helper()
	one := *o.s.Templates[0]
	one.Metadata.ID, one.Metadata.Version = "our-own", version
	one.Spec.Changelog = []template.Change{{Version: version, Text: one.Spec.Changelog[0].Text}}
	for i := 0; i < len(edits); i += 2 {
		switch edits[i] {
		case "id":
			one.Metadata.ID = edits[i+1]
		case "karez":
			one.Metadata.Karez = edits[i+1]
		case "author":
			one.Metadata.Author = edits[i+1]
		}
	}
	p, err := templatepack.Make(&one)
	must(o.t, err)
	if signer != "" {
		p.Sign(plugpacktest.Key(o.t, signer))
	}
	file, err := p.Bytes()
	must(o.t, err)
	return file
}

func (o *own) trust() {
	o.t.Helper()
	must(o.t, o.shelf.Trust(plugpacktest.Key(o.t, "Acme").Key, shelf.Signed))
}

// shows tells every own template that the list has.
func (o *own) shows() string {
	o.t.Helper()
	all, err := o.s.List(as(o.t, access.Viewer))
	must(o.t, err)
	text := ""
	for _, v := range all {
		if v.Origin != market.BuiltIn {
			text += fmt.Sprintf("%s %s %s %s %v", v.Metadata.ID, v.Metadata.Version, v.Status, v.KeyName, v.Versions)
			if v.Fault != nil {
				text += " " + v.Fault.Code
			}
		}
	}
	return text
}

func TestImport(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file func(o *own) []byte
		o    market.Options
		role access.Role
		code string
	}{
		"by who only looks":           {file: func(o *own) []byte { return o.packed("1.0.0", "Acme") }, role: access.Viewer, code: "auth.forbidden"},
		"signed by whom is trusted":   {file: func(o *own) []byte { return o.packed("1.0.0", "Acme") }, role: access.Editor},
		"not signed":                  {file: func(o *own) []byte { return o.packed("1.0.0", "") }, role: access.Admin, code: shelf.CodeUnsigned},
		"signed by a stranger":        {file: func(o *own) []byte { return o.packed("1.0.0", "Stranger") }, role: access.Admin, code: shelf.CodeUnsigned},
		"allowed by an editor":        {file: func(o *own) []byte { return o.packed("1.0.0", "") }, o: market.Options{Unsigned: true}, role: access.Editor, code: "auth.forbidden"},
		"allowed by an administrator": {file: func(o *own) []byte { return o.packed("1.0.0", "") }, o: market.Options{Unsigned: true}, role: access.Admin},
		"an id of the product":        {file: func(o *own) []byte { return o.packed("1.0.0", "Acme", "id", "built-in") }, role: access.Editor, code: market.CodeTaken},
		"a word of the interface":     {file: func(o *own) []byte { return o.packed("1.0.0", "Acme", "id", "registry") }, role: access.Editor, code: market.CodeTaken},
		"for a newer product":         {file: func(o *own) []byte { return o.packed("1.0.0", "Acme", "karez", ">=2.0") }, role: access.Editor, code: market.CodeKarez},
		"for this product":            {file: func(o *own) []byte { return o.packed("1.0.0", "Acme", "karez", ">=1.4 <2.0") }, role: access.Editor},
		"another than was seen":       {file: func(o *own) []byte { return o.packed("1.0.0", "Acme") }, o: market.Options{Sum: "x"}, role: access.Editor, code: shelf.CodeOther},
		"by a key that expired": {file: func(o *own) []byte {
			o.now = o.now.AddDate(10, 0, 0)
			return o.packed("1.0.0", "Acme")
		}, role: access.Editor, code: shelf.CodeExpired},
		"by a revoked key": {file: func(o *own) []byte {
			must(o.t, o.shelf.Revoke(shelf.Revocation{Key: plugpacktest.Key(o.t, "Acme").ID}))
			return o.packed("1.0.0", "Acme")
		}, role: access.Editor, code: shelf.CodeRevoked},
		"with a connector's revocation of its name": {file: func(o *own) []byte {
			must(o.t, o.shelf.Revoke(shelf.Revocation{Name: "our-own"}))
			return o.packed("1.0.0", "Acme")
		}, role: access.Editor},
		"signed, then made anew": {file: func(o *own) []byte {
			signed, err := templatepack.Open(o.packed("1.0.0", "Acme"))
			must(o.t, err)
			other, err := templatepack.Open(o.packed("1.0.0", "", "author", "Eve"))
			must(o.t, err)
			other.Signature = signed.Signature
			file, err := other.Bytes()
			must(o.t, err)
			return file
		}, role: access.Editor, code: plugpack.CodeSignature},
		"no package": {file: func(*own) []byte { return []byte("no package") }, role: access.Editor, code: "package.unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOwn(t)
			o.trust()
			v, err := o.s.Import(as(t, tt.role), tt.file(o), tt.o)
			if got := fault.CodeOf(err); err == nil && tt.code != "" || err != nil && got != tt.code {
				t.Errorf("%v, want %s", err, tt.code)
			}
			if (len(o.kept) == 1) != (err == nil) || err == nil && (v.Metadata.ID != "our-own" || v.Origin != market.Imported || v.By == "") {
				t.Errorf("%d are stored, %+v", len(o.kept), v)
			}
		})
	}
}

// Versions lie side by side; what they are trusted with follows the keys of the moment.
func TestVersionsAndTrust(t *testing.T) {
	t.Parallel()
	o := newOwn(t)
	o.trust()
	editor, admin := as(t, access.Editor), as(t, access.Admin)
	for _, version := range []string{"1.10.0", "1.9.0"} {
		_, err := o.s.Import(editor, o.packed(version, "Acme"), market.Options{})
		must(t, err)
	}
	if got := o.shows(); got != "our-own 1.10.0 signed Acme [1.10.0 1.9.0]" {
		t.Error(got)
	}
	if v, err := o.s.Get(editor, "our-own", "1.9.0"); err != nil || v.Metadata.Version != "1.9.0" {
		t.Errorf("%+v, %v", v, err)
	}
	_, again := o.s.Import(editor, o.packed("1.9.0", "Acme"), market.Options{})
	_, other := o.s.Import(editor, o.packed("1.9.0", "Acme", "author", "Eve"), market.Options{})
	if again != nil || fault.CodeOf(other) != market.CodeExists {
		t.Errorf("the same again: %v; another one: %v", again, other)
	}
	must(t, o.shelf.Distrust(plugpacktest.Key(t, "Acme").ID))
	if got := o.shows(); got != "our-own 1.10.0 unsigned  [1.10.0 1.9.0] package.unsigned" {
		t.Error(got)
	}
	wish := market.Wish{Connections: map[string]string{}}
	for _, c := range o.s.Templates[0].Spec.Connections {
		wish.Connections[c.Slot] = "my-" + c.Connector
	}
	if _, err := o.s.Copy(editor, "our-own", wish); fault.CodeOf(err) != shelf.CodeUnsigned {
		t.Errorf("a copy of what nobody vouches for: %v", err)
	}
	_, err := o.s.Import(admin, o.packed("1.10.0", "Acme"), market.Options{Unsigned: true})
	must(t, err)
	if _, err = o.s.Copy(editor, "our-own", wish); err != nil {
		t.Errorf("a copy of what is allowed: %v", err)
	}
	_, file, err := o.s.Package(editor, "our-own", "1.9.0")
	if err != nil || !bytes.Equal(file, o.packed("1.9.0", "Acme")) {
		t.Errorf("the package is another one: %v", err)
	}
	if err := o.s.Delete(as(t, access.Viewer), "our-own", ""); fault.CodeOf(err) != "auth.forbidden" {
		t.Error(err)
	}
	must(t, o.s.Delete(editor, "our-own", "1.10.0"))
	if got := o.shows(); got != "our-own 1.9.0 unsigned  [1.9.0] package.unsigned" {
		t.Error(got)
	}
	must(t, o.s.Delete(editor, "our-own", ""))
	for id, code := range map[string]string{"our-own": "object.missing", "built-in": market.CodeBuiltIn} {
		if err := o.s.Delete(editor, id, ""); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// A stored package that is not what it was is there to be deleted, and is not copied.
func TestADamagedPackage(t *testing.T) {
	t.Parallel()
	o := newOwn(t)
	o.trust()
	_, err := o.s.Import(as(t, access.Editor), o.packed("1.0.0", "Acme"), market.Options{})
	must(t, err)
	for key := range o.files {
		o.files[key] = o.packed("1.0.0", "", "author", "Eve")
	}
	fresh := newOwn(t)
	fresh.cellar, fresh.s.Store = o.cellar, o.place
	if got := fresh.shows(); got != "our-own 1.0.0 modified  [1.0.0] template.identity" {
		t.Error(got)
	}
	if _, err := fresh.s.Copy(as(t, access.Editor), "our-own", market.Wish{}); fault.CodeOf(err) != templatepack.CodeIdentity {
		t.Error(err)
	}
	stranger := access.With(t.Context(), access.Principal{Workspace: 99, Name: "eve", Role: access.Admin})
	if _, err := o.s.Get(stranger, "our-own", ""); fault.CodeOf(err) != "object.missing" {
		t.Errorf("another workspace: %v", err)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	o := newOwn(t)
	i, err := o.s.Inspect(as(t, access.Editor), o.packed("1.0.0", "Acme", "id", "built-in"))
	must(t, err)
	if len(i.Objections) != 1 || len(i.Problems) != 1 || i.Problems[0].Code != market.CodeTaken || i.Here || i.Status != shelf.Unsigned || len(i.Needs) == 0 || len(o.kept) > 0 {
		t.Errorf("%+v", i)
	}
	_, err = o.s.Import(as(t, access.Admin), o.packed("1.0.0", "Acme"), market.Options{Unsigned: true, Sum: sumOf(t, o.packed("1.0.0", "Acme"))})
	must(t, err)
	i, err = o.s.Inspect(as(t, access.Editor), o.packed("1.0.0", "Acme"))
	if err != nil || !i.Here || len(i.Objections) > 0 {
		t.Errorf("%+v, %v", i, err)
	}
}

func sumOf(t *testing.T, file []byte) string {
	t.Helper()
	p, err := templatepack.Open(file)
	must(t, err)
	return p.Sum
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	o := newOwn(t)
	editor := as(t, access.Editor)
	if from, all, err := o.s.RegistryList(editor); from != "" || len(all) > 0 || err != nil {
		t.Errorf("%s %v %v", from, all, err)
	}
	if _, err := o.s.Fetch(editor, "our-own", "", market.Options{}); fault.CodeOf(err) != market.CodeNoRegistry {
		t.Error(err)
	}
	o.trust()
	dir := t.TempDir()
	for _, version := range []string{"1.0.0", "1.1.0"} {
		must(t, os.WriteFile(filepath.Join(dir, "our-own-"+version+templatepack.Extension), o.packed(version, "Acme"), 0o600))
	}
	index := func() {
		text, err := registry.Build(os.DirFS(dir))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, registry.File), text, 0o600))
	}
	index()
	var err error
	o.s.Registry, err = registry.Open(dir, false)
	must(t, err)
	list := func() string {
		from, all, err := o.s.RegistryList(editor)
		if err != nil || from != dir || len(all) != 1 {
			t.Fatalf("%s %v %v", from, all, err)
		}
		return fmt.Sprint(all[0].ID, " ", all[0].Version, " ", all[0].Status, " ", all[0].KeyName, " ", all[0].Installed)
	}
	if got := list(); got != "our-own 1.1.0 signed Acme " {
		t.Error(got)
	}
	_, err = o.s.Fetch(editor, "our-own", "1.0.0", market.Options{})
	must(t, err)
	if got := list(); got != "our-own 1.1.0 signed Acme 1.0.0" {
		t.Error(got)
	}
	if _, err := o.s.Fetch(editor, "our-own", "3.0.0", market.Options{}); fault.CodeOf(err) != "object.missing" {
		t.Error(err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "our-own-1.1.0"+templatepack.Extension), o.packed("1.1.0", "Acme", "author", "Eve"), 0o600))
	if _, err := o.s.Fetch(editor, "our-own", "", market.Options{}); fault.CodeOf(err) != registry.CodeMismatch {
		t.Errorf("another file than the list says: %v", err)
	}
	if _, err := o.s.Fetch(as(t, access.Viewer), "our-own", "", market.Options{}); fault.CodeOf(err) != "auth.forbidden" {
		t.Error(err)
	}
	must(t, os.WriteFile(filepath.Join(dir, registry.File), []byte(strings.Repeat(" ", 10)), 0o600))
	if _, _, err := o.s.RegistryList(editor); fault.CodeOf(err) != registry.CodeInvalid {
		t.Error(err)
	}
	for code, text := range map[string]string{
		registry.CodeInvalid:   `{"format":1,"templates":[{"id":"x","version":"1.0.0","file":"../x.kzt"}]}`,
		templatepack.CodeNewer: `{"format":2}`,
	} {
		if _, err := registry.Parse([]byte(text)); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", text, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "zzz"+templatepack.Extension), o.packed("1.0.0", "Acme"), 0o600))
	if _, err := registry.Build(os.DirFS(dir)); fault.CodeOf(err) != registry.CodeInvalid {
		t.Errorf("a version twice: %v", err)
	}
}
