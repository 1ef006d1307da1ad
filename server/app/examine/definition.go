package examine

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

// definition examines a connector without code: what needs no system, the answers that its
// author kept, and the suite where there is a sandbox.
func (c Config) definition(ctx context.Context, folder string, packed bool) (*Report, error) {
	report := &Report{Connector: name(folder), OK: true}
	skip := func(what, why string) { report.NotRun = append(report.NotRun, what+": "+why) }
	var d *declarative.Definition
	sound := report.try(ctx, c, "the definition is one that Karez can serve", func(r *reporter) {
		var err error
		d, err = declarative.Load(folder)
		r.all(err)
	})
	if !sound {
		skip("answers and behaviours", "the definition has to be right first")
		return report, ctx.Err()
	}
	report.Connector, report.Version = d.Manifest.ID, d.Manifest.Version
	if !packed {
		report.try(ctx, c, "the folder can be packed", func(r *reporter) {
			_, err := plugpack.Pack(io.Discard, plugpack.Source{Dir: os.DirFS(folder)})
			r.all(err)
		})
	}
	covered, err := c.answers(ctx, folder, d, report, skip)
	if err != nil {
		return nil, err
	}
	lacks, simulated := "", boxOf(folder) != ""
	if !simulated && !d.Manifest.NoSandbox {
		simulated = report.try(ctx, c, "the simulation that the manifest promises is there", func(r *reporter) { //nolint:contextcheck // each has its own
			_, stop, err := simulate(r.Context(), c.Interpreter, "", declarative.Flag, folder)
			if err != nil {
				r.Fatalf("Karez has no simulation of %s: write noSandbox: true into the manifest (%v)", d.Manifest.ID, err)
			}
			stop()
		})
	}
	if _, err := os.Stat(cmp.Or(c.Plan, filepath.Join(folder, PlanFile))); err != nil {
		lacks = "there is a sandbox, but no " + PlanFile
	}
	if !simulated {
		lacks = "there is no sandbox of the system at " + boxFile
	}
	if lacks == "" {
		return report, errors.Join(c.suite(ctx, folder, d.Manifest.ID, folder, report), ctx.Err())
	}
	for _, o := range d.Manifest.Operations {
		if !covered[o.Name] {
			skip("operation "+o.Name, "no answer to it is kept in "+answersAt)
		}
	}
	skip("sessions, queries and writes of the conformance suite", lacks)
	return report, ctx.Err()
}

// name is what a folder is called whose manifest tells no id.
func name(folder string) string {
	if full, err := filepath.Abs(folder); err == nil {
		folder = full
	}
	return filepath.Base(folder)
}

// all notes every fault of an error.
func (r *reporter) all(err error) {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range several.Unwrap() {
			r.all(e)
		}
		return
	}
	if err == nil {
		return
	}
	f := fault.From(err)
	text := f.Error()
	if f.Hint != "" {
		text += " (" + f.Hint + ")"
	}
	r.note(text)
}

// unpacked gives the folder of what is examined: that of a package is made, and drop removes it.
func unpacked(ctx context.Context, path string) (folder string, packed bool, drop func(), err error) {
	if !strings.HasSuffix(path, plugpack.Extension) {
		return path, false, func() {}, nil
	}
	file, err := os.Open(path) //nolint:gosec // the caller's own file
	if err != nil {
		return "", false, nil, fault.New("conformance.no_program", "%s cannot be read", path).Because(err).Classed(fault.Config)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return "", false, nil, err
	}
	p, err := plugpack.Open(file, info.Size())
	if err == nil {
		err = p.Verify(ctx)
	}
	if err != nil {
		return "", false, nil, err
	}
	dir, err := os.MkdirTemp("", "karez-conformance-")
	if err != nil {
		return "", false, nil, err
	}
	drop = func() { _ = os.RemoveAll(dir) }
	root, err := os.OpenRoot(dir)
	if err == nil {
		err = errors.Join(p.Extract(ctx, root, runtime.GOOS, runtime.GOARCH), root.Close())
	}
	if err != nil {
		drop()
	}
	return dir, true, drop, err
}

// boxFile is the program beside a definition that simulates its system: run as any connector's
// program is that ships a sandbox, with --sandbox and --now.
const boxFile = "bin/sandbox"

// boxOf gives the sandbox's program of a folder, "" for none.
func boxOf(folder string) string {
	at := filepath.Join(folder, filepath.FromSlash(boxFile))
	if runtime.GOOS == "windows" {
		at += ".exe"
	}
	if info, err := os.Stat(at); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return at
}

// patienceOfBox is how long a sandbox may take to answer.
const patienceOfBox = 30 * time.Second

// simulate starts a sandbox's program, args being before all others, and gives where it answers; stop ends it.
func simulate(ctx context.Context, program, clock string, args ...string) (url string, stop func(), err error) {
	program, err = filepath.Abs(program)
	if err != nil {
		return "", nil, err
	}
	args = append(args, "--sandbox", "127.0.0.1:0")
	if clock != "" {
		args = append(args, "--now", clock)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the caller's own program
	var words bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &words, time.Second
	in, err := cmd.StdinPipe() // it runs until its input ends
	if err != nil {
		cancel()
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", nil, boxless(program, err, "")
	}
	stop = func() {
		_ = in.Close()
		cancel()
		_ = cmd.Wait() // by whatever code
	}
	late := time.AfterFunc(patienceOfBox, cancel)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	late.Stop()
	var ready struct {
		URL string `json:"url"`
	}
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		stop()
		return "", nil, boxless(program, err, strings.TrimSpace(words.String()))
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return ready.URL, stop, nil
}

func boxless(program string, err error, words string) error {
	f := fault.Wrap(err, "conformance.sandbox", "the sandbox %s did not start", program).Classed(fault.Config)
	if words != "" {
		return f.Hinted("its last words were: %s", words)
	}
	return f.Hinted("run with --sandbox 127.0.0.1:0 it prints its address as {\"url\":\"…\"} and serves until its input ends")
}
