package shelf_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/shelf"
)

const id = "depot"

// rig is a shelf with two keys: one of this program's makers, and a house's.
type rig struct {
	*shelf.Shelf
	t           testing.TB
	dir         string
	clock       *clocktest.Clock
	core, house plugpack.PrivateKey
	config      shelf.Config
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{
		t: t, dir: filepath.Join(t.TempDir(), "plugins"), clock: clocktest.New(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)),
		core: plugpacktest.Key(t, "makers"), house: plugpacktest.Key(t, "house"),
	}
	r.config = shelf.Config{Dir: r.dir, Core: []plugpack.Key{r.core.Key}, OS: runtime.GOOS, Arch: runtime.GOARCH, SDK: []int{1}, Clock: r.clock.Now}
	r.Shelf = shelf.New(r.config)
	return r
}

// again gives another process's view of the folder.
func (r *rig) again() *rig {
	other := *r
	other.Shelf = shelf.New(r.config)
	return &other
}

func pack(t testing.TB, version string) []byte {
	t.Helper()
	return plugpacktest.Pack(t, plugpacktest.Folder(id, version))
}

func (r *rig) put(content []byte, o shelf.Options) (shelf.Version, error) {
	r.t.Helper()
	return r.Install(r.t.Context(), bytes.NewReader(content), int64(len(content)), o)
}

func (r *rig) installed(version string) {
	r.t.Helper()
	if v, err := r.put(plugpacktest.Sign(r.t, r.core, pack(r.t, version)), shelf.Options{By: "amy"}); err != nil || v.Fault != nil {
		r.t.Fatal(version, err, v.Fault)
	}
}

func (r *rig) refused(err error, code string) {
	r.t.Helper()
	if f := r.refusal(err, code); f == nil {
		r.t.Error("no refusal")
	}
}

// refusal gives why something was refused.
func (r *rig) refusal(err error, code string) *fault.Fault {
	r.t.Helper()
	if fault.CodeOf(err) != code {
		r.t.Fatalf("%v, want %s", err, code)
	}
	f := fault.From(err)
	if f.Hint == "" {
		r.t.Errorf("%s has no hint", code)
	}
	return f
}

// view tells what is installed: active*, its status and why it does not start.
func (r *rig) view() string {
	r.t.Helper()
	list, err := r.List(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range list {
		b.WriteString(c.ID)
		if c.Pinned {
			b.WriteString(" pinned")
		}
		if c.Fault != nil {
			fmt.Fprintf(&b, " %s", c.Fault.Code)
		}
		for _, v := range c.Versions {
			mark := ""
			if v.Active {
				mark = "*"
			}
			fmt.Fprintf(&b, " %s%s=%s", v.Version, mark, v.Status)
			if v.Fault != nil {
				fmt.Fprintf(&b, "(%s)", v.Fault.Code)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (r *rig) shows(want string) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.view()); diff != "" {
		r.t.Error(diff)
	}
	if diff := cmp.Diff(want, r.again().view()); diff != "" {
		r.t.Errorf("another process: %s", diff)
	}
}

// The statuses follow from who signed, and only an unsigned package needs a word.
func TestTrust(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bare := pack(t, "1.0.0")
	_, err := r.put(bare, shelf.Options{})
	r.refused(err, shelf.CodeUnsigned)
	if _, err := os.Stat(filepath.Join(r.dir, id)); !os.IsNotExist(err) {
		t.Errorf("a refused package left something: %v", err)
	}
	strange := plugpacktest.Sign(t, plugpacktest.Key(t, "stranger"), bare)
	_, err = r.put(strange, shelf.Options{})
	if f := r.refusal(err, shelf.CodeUnsigned); !strings.Contains(f.Message, plugpacktest.Key(t, "stranger").ID) {
		t.Errorf("the key is not named: %v", f)
	}
	if _, err := r.put(bare, shelf.Options{Unsigned: true, By: "amy"}); err != nil {
		t.Fatal(err)
	}
	r.installed("1.1.0")
	if err := r.Trust(r.house.Key, shelf.Community); err != nil {
		t.Fatal(err)
	}
	if _, err := r.put(plugpacktest.Sign(t, r.house, pack(t, "1.2.0")), shelf.Options{}); err != nil {
		t.Fatal(err)
	}
	r.shows("depot 1.0.0=unsigned 1.1.0=core 1.2.0*=community\n")
	if err := r.Trust(r.house.Key, shelf.Signed); err != nil {
		t.Fatal(err)
	}
	r.shows("depot 1.0.0=unsigned 1.1.0=core 1.2.0*=signed\n")
	if keys, err := r.Keys(); err != nil || len(keys) != 2 || keys[0].Status != shelf.Core || keys[1].ID != r.house.ID || keys[1].Name != "house" {
		t.Errorf("%+v, %v", keys, err)
	}
	// A key that is trusted no more takes what it signed along.
	if err := r.Distrust(r.house.ID); err != nil {
		t.Fatal(err)
	}
	r.shows("depot 1.0.0=unsigned 1.1.0=core 1.2.0*=unsigned(package.unsigned)\n")
	r.refused(r.Distrust(r.core.ID), shelf.CodeKeyUnknown)
	r.refused(r.Activate(t.Context(), id, "1.2.0"), shelf.CodeUnsigned)
}

func TestAnExpiredKeyInstallsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installed("1.0.0")
	r.clock.Pass(5 * 365 * 24 * time.Hour)
	_, err := r.put(plugpacktest.Sign(t, r.core, pack(t, "1.1.0")), shelf.Options{Unsigned: true})
	r.refused(err, shelf.CodeExpired)
	r.shows("depot 1.0.0*=core\n") // it was signed while the key was good
}

// What is revoked does not start, wherever it stands on the list.
func TestRevocation(t *testing.T) {
	t.Parallel()
	sum := ""
	for name, revocation := range map[string]func(*rig) shelf.Revocation{
		"a key":       func(r *rig) shelf.Revocation { return shelf.Revocation{Key: r.core.ID} },
		"a version":   func(*rig) shelf.Revocation { return shelf.Revocation{Name: id, Version: "1.0.0"} },
		"a connector": func(*rig) shelf.Revocation { return shelf.Revocation{Name: id} },
		"a sum":       func(*rig) shelf.Revocation { return shelf.Revocation{Sum: sum} },
	} {
		r := newRig(t)
		content := plugpacktest.Sign(t, r.core, pack(t, "1.0.0"))
		v, err := r.put(content, shelf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sum = v.Sum
		other := revocation(r)
		other.Reason = "the key was stolen"
		if err := r.Revoke(shelf.Revocation{Name: "another", Version: "1.0.0"}, shelf.Revocation{Name: id, Version: "9.9.9"}); err != nil {
			t.Fatal(err)
		}
		r.shows("depot 1.0.0*=core\n")
		if err := r.Revoke(other, other); err != nil {
			t.Fatal(err)
		}
		r.shows("depot 1.0.0*=revoked(package.revoked)\n")
		_, err = r.put(content, shelf.Options{Unsigned: true, Downgrade: true})
		if f := r.refusal(err, shelf.CodeRevoked); !strings.Contains(f.Message, "the key was stolen") {
			t.Errorf("%s: %v", name, f)
		}
		list, err := os.ReadFile(filepath.Join(r.dir, "revoked.json"))
		if err != nil {
			t.Fatal(err)
		}
		if all, err := shelf.Revocations(list); err != nil || len(all) != 3 {
			t.Errorf("%v, %v", all, err)
		}
	}
	r := newRig(t)
	if code := fault.CodeOf(r.Revoke(shelf.Revocation{Reason: "x"})); code != shelf.CodeRevocation {
		t.Error(code)
	}
	if _, err := shelf.Revocations([]byte(`{"format":1,"revoked":[{"who":"me"}]}`)); fault.CodeOf(err) != shelf.CodeDamaged {
		t.Error(err)
	}
}

func TestVersionsSideBySide(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installed("1.0.0")
	r.installed("1.2.0")
	r.installed("1.10.0")
	r.shows("depot 1.0.0=core 1.2.0=core 1.10.0*=core\n")
	// An older one is not installed without a word, and then serves.
	older := plugpacktest.Sign(t, r.core, pack(t, "1.1.0"))
	_, err := r.put(older, shelf.Options{})
	r.refused(err, shelf.CodeDowngrade)
	if _, err := r.put(older, shelf.Options{Downgrade: true, Inactive: true}); err != nil {
		t.Fatal(err)
	}
	if back, err := r.Rollback(t.Context(), id); err != nil || back != "1.2.0" {
		t.Fatal(back, err)
	}
	r.shows("depot 1.0.0=core 1.1.0=core 1.2.0*=core 1.10.0=core\n")
	if err := r.Pin(id, true); err != nil {
		t.Fatal(err)
	}
	r.installed("2.0.0")
	r.shows("depot pinned 1.0.0=core 1.1.0=core 1.2.0*=core 1.10.0=core 2.0.0=core\n")
	if err := r.Activate(t.Context(), id, "2.0.0"); err != nil {
		t.Fatal(err)
	}
	r.refused(r.Remove(id, "2.0.0"), shelf.CodeActive)
	for _, version := range []string{"1.0.0", "1.1.0", "1.2.0", "1.10.0"} {
		if err := r.Remove(id, version); err != nil {
			t.Fatal(err)
		}
	}
	r.shows("depot pinned 2.0.0*=core\n")
	_, err = r.Rollback(t.Context(), id)
	r.refused(err, shelf.CodeNoPrevious)
	r.refused(r.Activate(t.Context(), id, "1.0.0"), shelf.CodeMissing)
	if err := r.Remove(id, "2.0.0"); err != nil {
		t.Fatal(err)
	}
	r.shows("")
	if _, err := os.Stat(filepath.Join(r.dir, id)); !os.IsNotExist(err) {
		t.Errorf("something is left: %v", err)
	}
	for _, bad := range []string{"../..", "", "depot/../x", "DEPOT"} {
		r.refused(r.Remove(bad, "1.0.0"), shelf.CodeMissing)
		r.refused(r.Pin(bad, true), shelf.CodeMissing)
	}
}

// A version is one content for ever, and installing it again mends its files.
func TestAVersionNeverChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installed("1.0.0")
	other := plugpacktest.Folder(id, "1.0.0")
	other["README.md"] = &fstest.MapFile{Data: []byte("other words")}
	_, err := r.put(plugpacktest.Sign(t, r.core, plugpacktest.Pack(t, other)), shelf.Options{Unsigned: true, Downgrade: true})
	r.refused(err, shelf.CodeExists)
	place := filepath.Join(r.dir, id, "1.0.0")
	before, err := os.Stat(place)
	if err != nil {
		t.Fatal(err)
	}
	r.installed("1.0.0")
	if after, err := os.Stat(place); err != nil || !os.SameFile(before, after) {
		t.Errorf("a whole version was replaced: %v", err)
	}
	if err := os.WriteFile(filepath.Join(place, "README.md"), []byte("other words"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.shows("depot 1.0.0*=modified(package.modified)\n")
	r.installed("1.0.0")
	r.shows("depot 1.0.0*=core\n")
}

// Whatever is changed in the folder of a version, it does not start any more.
func TestTampering(t *testing.T) {
	t.Parallel()
	program := "bin/" + runtime.GOOS + "-" + runtime.GOARCH + "/" + id
	for name, tamper := range map[string]func(dir string) error{
		"the program": func(dir string) error { return os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"), 0o700) },
		"no program":  func(dir string) error { return os.Remove(filepath.Join(dir, program)) },
		"the manifest": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "manifest.yaml"), []byte("id: x\n"), 0o600)
		},
		"the package's": func(dir string) error { return os.WriteFile(filepath.Join(dir, "package.json"), []byte("{}\n"), 0o600) },
		"the signature": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "signature.json"), []byte("{}\n"), 0o600)
		},
		"a link in between": func(dir string) error { return swap(filepath.Join(dir, "README.md"), "/etc/hostname") },
		"a link outside": func(dir string) error {
			outside := dir + "-outside"
			if err := os.WriteFile(outside, []byte("# depot\n"), 0o600); err != nil {
				return err
			}
			return swap(filepath.Join(dir, "README.md"), outside)
		},
	} {
		r := newRig(t)
		r.installed("1.0.0")
		r.shows("depot 1.0.0*=core\n")
		if err := tamper(filepath.Join(r.dir, id, "1.0.0")); err != nil {
			t.Fatal(err)
		}
		if got := r.view(); got != "depot 1.0.0*=modified(package.modified)\n" {
			t.Errorf("%s: %s", name, got)
		}
		if code := fault.CodeOf(r.Activate(t.Context(), id, "1.0.0")); code != plugpack.CodeModified {
			t.Errorf("%s: activated with %q", name, code)
		}
	}
}

// A definition is installed, chosen and watched as a program is; what is started is its folder.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	packed := func(version string) []byte { return plugpacktest.Pack(t, plugpacktest.Definition(id, version)) }
	_, err := r.put(packed("1.0.0"), shelf.Options{})
	r.refused(err, shelf.CodeUnsigned)
	if _, err := os.Stat(filepath.Join(r.dir, id)); !os.IsNotExist(err) {
		t.Errorf("a refused definition left something: %v", err)
	}
	v, err := r.put(packed("1.0.0"), shelf.Options{Unsigned: true})
	if place := filepath.Join(r.dir, id, "1.0.0"); err != nil || v.Fault != nil || v.Program != place || len(v.ProgramSum) != 64 {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := os.Stat(filepath.Join(v.Program, "bin")); !os.IsNotExist(err) {
		t.Errorf("a program was written: %v", err)
	}
	if _, err := r.put(plugpacktest.Sign(t, r.core, packed("1.1.0")), shelf.Options{}); err != nil {
		t.Fatal(err)
	}
	// The next version may have a program, and the one behind it none again.
	r.installed("1.2.0")
	r.shows("depot 1.0.0=unsigned 1.1.0=core 1.2.0*=core\n")
	if back, err := r.Rollback(t.Context(), id); err != nil || back != "1.1.0" {
		t.Fatal(back, err)
	}
	for _, name := range []string{"connector.yaml", "manifest.yaml", "examples/orders.yaml"} {
		file := filepath.Join(r.dir, id, "1.1.0", name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		r.shows("depot 1.0.0=unsigned 1.1.0*=modified(package.modified) 1.2.0=core\n")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.shows("depot 1.0.0=unsigned 1.1.0*=core 1.2.0=core\n")
	if err := r.Revoke(shelf.Revocation{Name: id, Version: "1.1.0"}); err != nil {
		t.Fatal(err)
	}
	r.shows("depot 1.0.0=unsigned 1.1.0*=revoked(package.revoked) 1.2.0=core\n")
	if err := r.Activate(t.Context(), id, "1.2.0"); err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(id, "1.1.0"); err != nil {
		t.Fatal(err)
	}
	r.shows("depot 1.0.0=unsigned 1.2.0*=core\n")
}

// What this program does not understand is refused before anything is written.
func TestADefinitionForANewerProgram(t *testing.T) {
	t.Parallel()
	for code, text := range map[string]string{
		"definition.newer":      strings.Replace(plugpacktest.Defined, "definition: 1", "definition: 2", 1),
		"manifest.unknown_key":  plugpacktest.Defined + "streams: []\n",
		"definition.expression": strings.Replace(plugpacktest.Defined, "{{params}}", "{{params | shuffle}}", 1),
	} {
		r := newRig(t)
		content := exchanged(t, plugpacktest.Pack(t, plugpacktest.Definition(id, "1.0.0")), text)
		_, err := r.put(content, shelf.Options{Unsigned: true})
		r.refused(err, code)
		if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
			t.Errorf("%s: something was written: %v", code, err)
		}
	}
}

// exchanged makes a package with another definition in it, as a newer program would.
func exchanged(t *testing.T, content []byte, definition string) []byte {
	t.Helper()
	p, err := plugpack.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	archive, m := zip.NewWriter(&out), *p.Manifest
	files := map[string][]byte{}
	for i, f := range m.Files {
		if files[f.Path], err = p.Read(f.Path); err != nil {
			t.Fatal(err)
		}
		if f.Path == plugpack.DefinitionFile {
			files[f.Path] = []byte(definition)
			m.Files[i].Size, m.Files[i].SHA256 = int64(len(definition)), plugpack.SumOf([]byte(definition))
		}
	}
	if files[plugpack.ManifestFile], err = m.Canonical(); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		to, err := archive.Create(name)
		if err == nil {
			_, err = to.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func swap(file, target string) error {
	if err := os.Remove(file); err != nil {
		return err
	}
	return os.Symlink(target, file)
}

// An older package that is validly signed does not pass for a newer one.
func TestAnOlderPackageInPlaceOfANewerOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installed("1.0.0")
	r.installed("1.1.0")
	newer, older := filepath.Join(r.dir, id, "1.1.0"), filepath.Join(r.dir, id, "1.0.0")
	for _, err := range []error{os.RemoveAll(newer), os.Rename(older, newer)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.shows("depot 1.0.0=modified(package.modified) 1.1.0*=modified(package.modified)\n")
}

// Nor does it where the state was changed along with it.
func TestAnOlderPackageUnderANewerName(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installed("1.0.0")
	r.installed("1.1.0")
	c, err := r.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(r.dir, id, "state.json")
	text, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	newer, older := filepath.Join(r.dir, id, "1.1.0"), filepath.Join(r.dir, id, "1.0.0")
	for _, err := range []error{
		os.RemoveAll(newer), os.Rename(older, newer),
		os.WriteFile(state, bytes.ReplaceAll(text, []byte(c.Versions[1].Sum), []byte(c.Versions[0].Sum)), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.shows("depot 1.0.0=modified(package.modified) 1.1.0*=modified(package.modified)\n")
}

// Whoever signs in another's name is found out, whatever is allowed.
func TestAForgedSignature(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stranger := plugpacktest.Key(t, "stranger")
	bare := pack(t, "1.0.0")
	p, err := plugpack.Open(bytes.NewReader(bare), int64(len(bare)))
	if err != nil {
		t.Fatal(err)
	}
	forged := stranger.Sign(p.Text)
	forged.Key = r.core.ID
	var out bytes.Buffer
	if err := p.WriteSigned(&out, forged); err != nil {
		t.Fatal(err)
	}
	_, err = r.put(out.Bytes(), shelf.Options{Unsigned: true, Downgrade: true})
	r.refused(err, plugpack.CodeSignature)
	// A signature of another package is none of this one.
	other := pack(t, "1.1.0")
	if p, err = plugpack.Open(bytes.NewReader(other), int64(len(other))); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := p.WriteSigned(&out, r.core.Sign([]byte("something else"))); err != nil {
		t.Fatal(err)
	}
	_, err = r.put(out.Bytes(), shelf.Options{Unsigned: true})
	r.refused(err, plugpack.CodeSignature)
	r.shows("")
}

// What an installation left that was killed on the way is no version, and in nobody's way.
func TestAnInterruptedInstallation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installed("1.0.0")
	for _, place := range []string{".incoming/docs", id + "/1.1.0/bin"} {
		if err := os.MkdirAll(filepath.Join(r.dir, place), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.dir, id, "1.1.0", "package.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.shows("depot 1.0.0*=core\n")
	r.installed("1.1.0")
	r.shows("depot 1.0.0=core 1.1.0*=core\n")
	if _, err := os.Stat(filepath.Join(r.dir, ".incoming")); !os.IsNotExist(err) {
		t.Errorf("something is left: %v", err)
	}
}

// Without knowing whom to trust nothing starts, and nothing is overwritten.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"trust.json":   "depot 1.0.0*=unsigned(package.state_damaged)\n",
		"revoked.json": "depot 1.0.0*=unsigned(package.state_damaged)\n", id + "/state.json": "depot package.state_damaged\n",
	} {
		r := newRig(t)
		r.installed("1.0.0")
		if err := os.WriteFile(filepath.Join(r.dir, file), []byte(`{"format":1,`), 0o600); err != nil {
			t.Fatal(err)
		}
		r.shows(want)
		_, err := r.put(plugpacktest.Sign(t, r.core, pack(t, "1.1.0")), shelf.Options{})
		r.refused(err, shelf.CodeDamaged)
	}
	r := newRig(t)
	r.installed("1.0.0")
	if err := os.WriteFile(filepath.Join(r.dir, id, "state.json"), []byte(`{"format":1,"active":"../x","pinned":false,"versions":[{"version":"../x","sum":"","at":"2026-01-01T00:00:00Z"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r.shows("depot package.state_damaged\n")
}

func TestInspect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	inspect := func(content []byte) (shelf.Found, error) {
		return r.Inspect(t.Context(), bytes.NewReader(content), int64(len(content)))
	}
	content := plugpacktest.Sign(t, r.core, pack(t, "1.1.0"))
	f, err := inspect(content)
	if err != nil || f.Status != shelf.Core || f.KeyName != "makers" || f.Installed || f.Active != "" || f.Connector.ID != id || len(f.Objections) != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
		t.Errorf("a look wrote something: %v", err)
	}
	_, err = r.put(content, shelf.Options{Sum: strings.Repeat("0", 64)})
	r.refused(err, shelf.CodeOther)
	if _, err := r.put(content, shelf.Options{Sum: f.Sum}); err != nil {
		t.Fatal(err)
	}
	if f, err := inspect(content); err != nil || !f.Installed || f.Active != "1.1.0" {
		t.Errorf("%+v, %v", f, err)
	}
	f, err = inspect(pack(t, "1.0.0"))
	if err != nil || len(f.Objections) != 2 || f.Objections[0].Code != shelf.CodeUnsigned || f.Objections[1].Code != shelf.CodeDowngrade {
		t.Errorf("%+v, %v", f.Objections, err)
	}
	elsewhere := plugpacktest.Folder(id, "2.0.0")
	elsewhere["bin/plan9-arm/depot"] = elsewhere["bin/"+runtime.GOOS+"-"+runtime.GOARCH+"/depot"]
	delete(elsewhere, "bin/"+runtime.GOOS+"-"+runtime.GOARCH+"/depot")
	_, err = inspect(plugpacktest.Pack(t, elsewhere))
	r.refused(err, plugpack.CodePlatform)
	future := plugpacktest.Folder(id, "2.0.0")
	future["package.json"] = &fstest.MapFile{Data: []byte(`{"sdk":{"min":2,"max":3}}`)}
	_, err = inspect(plugpacktest.Pack(t, future))
	r.refused(err, plugpack.CodeSDK)
	signed := plugpacktest.Sign(t, r.core, pack(t, "3.0.0"))
	for at := bytes.Index(signed, []byte("signature.json")); at < len(signed); at += 7 {
		forged := bytes.Clone(signed)
		forged[at] ^= 1
		if f, err := inspect(forged); err == nil && f.Status == shelf.Core && f.Sum != "" {
			// A flipped bit that nobody reads, such as a time, changes nothing that is installed.
			if again, err := inspect(signed); err != nil || again.Sum != f.Sum {
				t.Fatalf("a flipped bit at %d passes: %v", at, err)
			}
		}
	}
}

// Several processes that install at once end with all of it.
func TestInstallingAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var group sync.WaitGroup
	for i := range 8 {
		other := r.again()
		content := plugpacktest.Sign(t, r.core, pack(t, fmt.Sprintf("1.%d.0", i)))
		group.Go(func() {
			if _, err := other.put(content, shelf.Options{Downgrade: true}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	c, err := r.Get(t.Context(), id)
	if err != nil || len(c.Versions) != 8 || c.Active == "" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, v := range c.Versions {
		if v.Fault != nil {
			t.Error(v.Fault)
		}
	}
}

// Whoever asks often gets the answer of a moment ago, but never one of before a change.
func TestRecent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := r.again()
	count := func() int {
		t.Helper()
		list, err := r.Recent(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return 0
		}
		return len(list[0].Versions)
	}
	if n := count(); n != 0 {
		t.Errorf("%d versions of nothing", n)
	}
	r.installed("1.0.0")
	if n := count(); n != 1 {
		t.Errorf("%d versions after an installation", n)
	}
	other.installed("1.1.0")
	if n := count(); n != 1 {
		t.Errorf("%d versions at once", n)
	}
	r.clock.Pass(shelf.Stale)
	if n := count(); n != 2 {
		t.Errorf("%d versions after a while", n)
	}
	r.clock.Pass(-time.Hour) // a clock that is put back keeps nothing
	other.installed("1.2.0")
	if n := count(); n != 3 {
		t.Errorf("%d versions after the clock was put back", n)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.installed("1.0.0")
	if text, err := r.Read(id, "1.0.0", "docs/zh.md"); err != nil || string(text) != "# 说明\n" {
		t.Errorf("%q, %v", text, err)
	}
	for _, name := range []string{"docs/none.md", "../1.0.0/README.md", "state.json", "package.json"} {
		if _, err := r.Read(id, "1.0.0", name); fault.CodeOf(err) != plugpack.CodeModified {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.dir, id, "1.0.0", "icon.svg"), []byte("<svg onload=x>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(id, "1.0.0", "icon.svg"); fault.CodeOf(err) != plugpack.CodeModified {
		t.Error(err)
	}
}
