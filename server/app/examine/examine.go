// Package examine runs the conformance suite on a connector as it is shipped: its program in
// a process of its own, as the engine runs it, before the sandbox that it brings along. The
// connector may be written in any language, or be a definition: then what needs no system is
// tried besides, and answers of the system that its author kept.
//
// It may import engine/pluginhost, engine/plugpack, engine/flow/yamljson, engine/value/format,
// server/app/sandboxes and the sdk: never the product or a command.
package examine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/app/sandboxes"
)

// Config says what is examined.
type Config struct {
	// Path is the connector's program, or a folder with its manifest.yaml and its program
	// under the connector's id, there or in bin, or with the definition of a declarative one,
	// or the package of either.
	Path string
	// Interpreter is the program that serves declarative connectors.
	Interpreter string
	// Plan is the file that says what to try: conformance.yaml beside by default.
	Plan  string
	Clock func() time.Time
	Log   *slog.Logger
	// Each is told of every behaviour as soon as it was tried.
	Each func(Result)
}

// Report is what was found.
type Report struct {
	Connector string   `json:"connector"`
	Version   string   `json:"version"`
	OK        bool     `json:"ok"`
	Checks    []Result `json:"checks"`
	// Refusals are those that the sandbox counted meanwhile, by the vendor's codes where it has any.
	Refusals map[string]int `json:"refusals,omitempty"`
	// NotRun says what was not tried, and why. Where something stands here OK speaks of the rest.
	NotRun []string `json:"notRun,omitempty"`
}

// Passed tells how many behaviours there are and how many are as they should be.
func (r *Report) Passed() (passed, all int) {
	for _, c := range r.Checks {
		if c.OK {
			passed++
		}
	}
	return passed, len(r.Checks)
}

// Run examines a connector. Its error says that it could not be examined at all.
func Run(ctx context.Context, c Config) (*Report, error) {
	place, packed, drop, err := unpacked(ctx, c.Path)
	if err != nil {
		return nil, err
	}
	defer drop()
	program, folder, err := find(place)
	if err != nil {
		return nil, err
	}
	if program == folder {
		return c.definition(ctx, folder, packed)
	}
	report := &Report{OK: true}
	return report, c.suite(ctx, program, filepath.Base(program), folder, report)
}

// try carries a behaviour out, and notes what it found.
func (r *Report) try(ctx context.Context, c Config, name string, check func(*reporter)) bool {
	result := try(ctx, name, check, c.Clock)
	r.Checks = append(r.Checks, result)
	r.OK = r.OK && result.OK
	c.Each(result)
	return result.OK
}

// suite runs the conformance suite on a program, or on a definition, by the plan beside it.
func (c Config) suite(ctx context.Context, program, id, folder string, report *Report) error {
	if c.Plan == "" {
		c.Plan = filepath.Join(folder, PlanFile)
	}
	plan, err := ReadPlan(c.Plan)
	if err == nil {
		err = plan.check()
	}
	if err != nil {
		return err
	}
	dir, err := alone(program, id)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	said, pid := conformance.NewHost(c.Clock), &atomic.Int64{}
	programs := pluginhost.New(pluginhost.Config{
		Dir: dir, Interpreter: c.Interpreter, Clock: c.Clock, Log: c.Log, HostFor: func(string) connector.Host { return said },
		OnEvent: func(e pluginhost.Event) {
			if e.Kind == pluginhost.Started {
				pid.Store(int64(e.PID))
			}
		},
	})
	defer programs.Close(context.WithoutCancel(ctx))
	box := ""
	if program == folder {
		box = boxOf(folder)
	}
	b, m, err := begin(ctx, programs, plan, box)
	if err != nil {
		return err
	}
	defer b.stop()
	b.said, b.pid = said, pid
	report.Connector, report.Version = m.ID, m.Version
	conformance.Exercise(b.harness(m), func(name string, check func(conformance.T)) { //nolint:contextcheck // each behaviour has its own
		if ctx.Err() == nil {
			report.try(ctx, c, name, func(r *reporter) { check(r) })
		}
	})
	report.Refusals = b.refusals(ctx)
	return ctx.Err()
}

// begin starts the sandbox, that of a file where one is named, and gets what it accepts.
func begin(ctx context.Context, programs *pluginhost.Host, plan *Plan, box string) (_ *bench, _ *manifest.Manifest, err error) {
	installed, err := programs.List(ctx)
	switch {
	case err != nil:
		return nil, nil, err
	case len(installed) != 1:
		return nil, nil, fault.New("conformance.no_program", "the file's name is no connector's: small letters, digits and hyphens").Classed(fault.Config)
	case installed[0].Fault != nil:
		return nil, nil, installed[0].Fault
	}
	m := installed[0].Manifest
	if m.NodesOnly() {
		return &bench{plan: plan, programs: programs, id: m.ID, stop: func() {}}, m, nil
	}
	clock := ""
	if !plan.Now.IsZero() {
		clock = plan.Now.Format(time.RFC3339)
	}
	boxes, stop := map[string]string{}, func() {}
	if box == "" {
		boxes, err = sandboxes.Start(ctx, programs, []string{m.ID}, "127.0.0.1:0", clock)
	} else {
		boxes[m.ID], stop, err = simulate(ctx, box, clock)
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	b := &bench{plan: plan, programs: programs, id: m.ID, url: boxes[m.ID], stop: stop}
	if len(plan.Set) > 0 {
		if err := control(ctx, b.url, map[string]any{"set": plan.Set}); err != nil {
			return nil, nil, err
		}
	}
	b.settings, b.secrets, err = sandboxes.Account(ctx, programs, m.ID, boxes)
	if err != nil {
		return nil, nil, err
	}
	b.settings, b.secrets, err = b.with(plan.Settings)
	return b, m, err
}

// find gives a connector's program and the folder that the rest is in; of a definition the
// program is the folder.
func find(path string) (program, folder string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", "", fault.New("conformance.no_program", "%s cannot be read", path).Because(err).Classed(fault.Config)
	}
	if info.Mode().IsRegular() {
		return path, filepath.Dir(path), nil
	}
	if _, err := os.Stat(filepath.Join(path, declarative.DefinitionFile)); err == nil {
		return path, path, nil
	}
	data, err := os.ReadFile(filepath.Join(path, "manifest.yaml")) //nolint:gosec // the caller's own folder
	if err != nil {
		return "", "", fault.New("conformance.no_program", "%s has no manifest.yaml", path).Because(err).Classed(fault.Config)
	}
	m, err := manifest.Parse(data)
	if err != nil {
		return "", "", err
	}
	if m.NoSandbox && !m.NodesOnly() {
		return "", "", fault.New("conformance.no_sandbox", "%s ships no simulation of its system, so that there is nothing to try it at", m.ID).Classed(fault.Config).
			Hinted("its own tests run the conformance suite at a real system: see its README")
	}
	for _, at := range []string{filepath.Join(path, m.ID), filepath.Join(path, "bin", m.ID), filepath.Join(path, "bin", runtime.GOOS+"-"+runtime.GOARCH, m.ID)} {
		if info, err := os.Stat(at); err == nil && info.Mode().IsRegular() { //nolint:gosec // the same folder
			return at, path, nil
		}
	}
	return "", "", fault.New("conformance.no_program", "there is no program %s in %s, nor in its bin", m.ID, path).Classed(fault.Config).
		Hinted("build it first: make")
}

// alone makes a folder with nothing but a program, or a definition, under its name.
func alone(program, name string) (dir string, err error) {
	program, err = filepath.Abs(program)
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp("", "karez-conformance-"); err != nil {
		return "", err
	}
	return dir, os.Symlink(program, filepath.Join(dir, name))
}

// fewer is how many descriptors more a process may have after some sessions than before.
const fewer = 5

// leaks looks at the descriptors of the connector's process; several sessions make one that
// each of them leaves stand out from what a process keeps for later.
func (b *bench) leaks() func() error {
	sessions := func() {
		ctx := context.Background()
		for range 2 * fewer {
			if s, err := b.session(ctx, nil); err == nil {
				_, _ = s.Check(ctx)
				_ = s.Close(ctx)
			}
		}
	}
	sessions()
	before, known := b.descriptors()
	return func() error {
		sessions()
		if after, still := b.descriptors(); known && still && after > before+fewer {
			return fmt.Errorf("the process has %d descriptors open, before %d sessions there were %d", after, 2*fewer, before)
		}
		return nil
	}
}

// descriptors counts what the connector's process has open, where the system tells.
func (b *bench) descriptors() (n int, known bool) {
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.FormatInt(b.pid.Load(), 10), "fd"))
	return len(entries), err == nil
}
