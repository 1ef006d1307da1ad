//go:build linux

package pluginhost_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

// shelf is what is installed.
type shelf struct {
	mu       sync.Mutex
	programs []pluginhost.Program
	err      error
}

func (s *shelf) list(context.Context) ([]pluginhost.Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]pluginhost.Program{}, s.programs...), s.err
}

func (s *shelf) set(programs ...pluginhost.Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.programs = programs
}

// program makes the executable of a version of the connector one.
func program(t *testing.T, version string) pluginhost.Program {
	t.Helper()
	path := install(t, t.TempDir(), "one", trailer{Version: version})
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	return pluginhost.Program{ID: "one", Version: version, Path: path, SHA256: hex.EncodeToString(sum[:])}
}

func active(p pluginhost.Program) pluginhost.Program {
	p.Active = true
	return p
}

func serves(t *testing.T, s connector.Session, version string) {
	t.Helper()
	if health, err := s.Check(t.Context()); err != nil || health.Account != "c1@"+version {
		t.Errorf("served by %q, %v; want %s", health.Account, err, version)
	}
}

func newShelf(t *testing.T) (*rig, *shelf) {
	t.Helper()
	s := &shelf{}
	return newRig(t, func(c *pluginhost.Config) { c.Packages, c.Timing.Health = s.list, 20*time.Millisecond }), s
}

// The active version serves whoever asks for none that it is not, though a newer one is there.
func TestTheActiveVersionServes(t *testing.T) {
	t.Parallel()
	r, s := newShelf(t)
	install(t, r.dir, "one", trailer{Version: "3.0.0"})
	old, recent := program(t, "1.1.0"), program(t, "1.2.0")
	s.set(active(old), recent)
	for want, version := range map[string]string{"": "1.1.0", "1": "1.1.0", "1.1": "1.1.0", "1.2": "1.2.0", "3": "3.0.0"} {
		serves(t, r.sessionOf(t, "one", want), version)
		if m, err := r.Manifest(t.Context(), "one", want); err != nil || m.Version != version {
			t.Errorf("the manifest of %q is of %+v, %v", want, m, err)
		}
	}
	list := func() (versions string) {
		t.Helper()
		all, err := r.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range all {
			versions += in.Version + " "
			if in.Fault != nil {
				t.Errorf("%s: %v", in.Version, in.Fault)
			}
		}
		return versions
	}
	install(t, r.dir, "one@1.2.0", trailer{Version: "1.2.0"}) // the package's is used
	if got := list(); got != "1.1.0 3.0.0 1.2.0 " {
		t.Errorf("listed are %s", got)
	}
	s.set(old, recent)
	serves(t, r.session(t, "one"), "3.0.0")
	if got := list(); got != "3.0.0 1.2.0 1.1.0 " {
		t.Errorf("without an active one listed are %s", got)
	}
}

// What is under way goes on with the version that it began with, whose process ends
// when nothing calls it any more; whatever begins is served by the active one.
func TestAnActivationTakesNothingAwayFromWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	r, s := newShelf(t)
	old, recent := program(t, "1.1.0"), program(t, "1.2.0")
	s.set(active(old))
	under := r.session(t, "one")
	pid := askNumber(t, under, "pid")
	before, err := r.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	finish := r.occupy(t, under)
	s.set(old, active(recent))
	if after, err := r.Refresh(t.Context()); err != nil || after == before {
		t.Errorf("nothing tells of the activation: %d, %v", after, err)
	}
	serves(t, r.session(t, "one"), "1.2.0")
	serves(t, under, "1.1.0")
	r.clock.Pass(time.Hour) // a call that lasts is no idleness
	r.await(t, pluginhost.Started, "one")
	if !lives(pid) {
		t.Error("the process was ended under its call")
	}
	finish()
	r.clock.Pass(3 * time.Minute)
	if e := r.await(t, pluginhost.Stopped, "one"); e.Version != "1.1.0" {
		t.Errorf("%s was stopped", e.Version)
	}
	awaitEnd(t, pid)
	serves(t, under, "1.1.0") // in a process of its own
	s.set(active(recent))
	again, err := r.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	serves(t, under, "1.2.0")
	if same, err := r.Refresh(t.Context()); err != nil || same != again {
		t.Errorf("a look without a change gives %d after %d, %v", same, again, err)
	}
}

// An active version that may not run is not replaced by another behind anybody's back.
func TestAPackageThatMayNotRunIsNotReplaced(t *testing.T) {
	t.Parallel()
	refused, changed, lies, gone, good := program(t, "1.2.0"), program(t, "1.2.0"), program(t, "1.2.0"), program(t, "1.2.0"), program(t, "1.1.0")
	refused.Fault = fault.New("package.revoked", "revoked").Classed(fault.Config)
	changed.SHA256 = good.SHA256
	lies.Manifest = good.SHA256
	gone.Path += "-gone"
	for code, bad := range map[string]pluginhost.Program{
		"package.revoked": refused, pluginhost.CodeChecksum: changed, pluginhost.CodeManifest: lies, pluginhost.CodeMissing: gone,
	} {
		r, s := newShelf(t)
		s.set(good, active(bad))
		if _, err := r.Session(t.Context(), "one", "", connector.Account{}); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
		if _, err := r.Manifest(t.Context(), "one", "1"); fault.CodeOf(err) != code {
			t.Errorf("%s: manifest %v", code, err)
		}
		serves(t, r.sessionOf(t, "one", "1.1"), "1.1.0")
		list, err := r.List(t.Context())
		if err != nil || len(list) != 2 || fault.CodeOf(list[0].Fault) != code || !list[0].Active || !list[0].Packaged || list[1].Fault != nil || list[1].Active {
			t.Errorf("%s: %+v, %v", code, list, err)
		}
	}
}

// A file that is exchanged after it was installed does not run, whenever that happens.
func TestAnExchangedPackageDoesNotRun(t *testing.T) {
	t.Parallel()
	r, s := newShelf(t)
	p := program(t, "1.2.0")
	s.set(active(p))
	session := r.session(t, "one")
	serves(t, session, "1.2.0")
	content, err := os.ReadFile(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Path+".new", append(content, ' '), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(p.Path+".new", p.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Session(t.Context(), "one", "", connector.Account{}); fault.CodeOf(err) != pluginhost.CodeChecksum {
		t.Errorf("the exchanged file: %v", err)
	}
	if _, err := session.Check(t.Context()); err == nil {
		t.Error("the session goes on")
	}
}

// A folder that can't be read for a moment takes nothing away.
func TestPackagesThatCannotBeReadGoOn(t *testing.T) {
	t.Parallel()
	r, s := newShelf(t)
	s.set(active(program(t, "1.2.0")))
	session := r.session(t, "one")
	pid := askNumber(t, session, "pid")
	s.mu.Lock()
	s.err = os.ErrPermission
	s.mu.Unlock()
	if _, err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept(t, session, pid)
	kept(t, r.session(t, "one"), pid)
}

// A package may be a definition, which the product's own program serves; the sum that was
// installed is that of the definition, whatever program serves it.
func TestAPackageWithoutAProgram(t *testing.T) {
	t.Parallel()
	served, err := interpreter()
	if err != nil {
		t.Fatal(served)
	}
	s := &shelf{}
	r := newRig(t, func(c *pluginhost.Config) { c.Packages, c.Interpreter = s.list, served })
	kept := &rig{dir: t.TempDir()}
	version := func(version, old, now string) pluginhost.Program {
		kept.define(t, version, old, now)
		dir := filepath.Join(kept.dir, version)
		var sums []string
		for _, name := range []string{"manifest.yaml", "connector.yaml"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(text)
			sums = append(sums, hex.EncodeToString(sum[:]))
		}
		return pluginhost.Program{ID: "kuaidi100", Version: version, Path: dir, SHA256: declarative.SumOf(sums...), Manifest: sums[0]}
	}
	first, second := version("0.1.0", "\x00", ""), version("0.2.0", "version: 0.1.0", "version: 0.2.0")
	s.set(active(first), second)
	list, err := r.List(t.Context())
	if err != nil || len(list) != 2 || list[0].Fault != nil || list[1].Fault != nil || !list[0].Active || list[0].Version != "0.1.0" || !list[1].Packaged {
		t.Fatalf("%+v %v", list, err)
	}
	if m, err := r.Manifest(t.Context(), "kuaidi100", "0.2"); err != nil || m.Version != "0.2.0" {
		t.Errorf("%+v %v", m, err)
	}
	for code, change := range map[string]func(*pluginhost.Program){
		pluginhost.CodeChecksum: func(p *pluginhost.Program) { p.SHA256 = second.SHA256 },
		pluginhost.CodeManifest: func(p *pluginhost.Program) { p.Manifest = second.Manifest },
		pluginhost.CodeMissing:  func(p *pluginhost.Program) { p.Path += "-gone" },
	} {
		bad := first
		change(&bad)
		s.set(active(bad))
		if _, err := r.Manifest(t.Context(), "kuaidi100", ""); fault.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	// What is exchanged afterwards does not run.
	s.set(active(first))
	if _, err := r.Manifest(t.Context(), "kuaidi100", ""); err != nil {
		t.Fatal(err)
	}
	kept.define(t, "0.1.0", `rows: "."`, `rows: data`)
	if _, err := r.Manifest(t.Context(), "kuaidi100", ""); fault.CodeOf(err) != pluginhost.CodeChecksum {
		t.Errorf("the exchanged definition: %v", err)
	}
}
