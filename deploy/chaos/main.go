// Command chaos proves that no document is lost or doubled: it kills, stops and cuts off
// engines as they are released while fakes before and behind them keep ledgers of the
// truth, compares the two afterwards, and shows that it would see an engine that is wrong.
// README.md says how to read its report.
//
// It may import engine/failpoint for the names of crash points, the packages below it and
// the standard library.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/karezflow/karez/deploy/chaos/nemesis"
	"github.com/karezflow/karez/deploy/chaos/world"
)

// harness is one invocation.
type harness struct {
	seed             uint64
	program, plugins string
	db, out, scratch string
	nats, mariadb    string
	older            string
	parallel         int
	clock            func() time.Time
	history          *history
	commit           string

	mu     sync.Mutex
	stdout io.Writer
}

// errFound says that a promise is broken, or that a wrong engine went unseen.
var errFound = errors.New("the report names what is broken")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "chaos:", err) // there is nowhere else to say it
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	h := &harness{clock: time.Now, stdout: stdout} //nolint:forbidigo // the one place where time comes in
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&h.seed, "seed", 1, "what happens by chance; the same seed draws the same")
	profile := flags.String("profile", "ci", "ci, standard, long, kills, crashes, wrong, soak, hard, steady or upgrade")
	flags.StringVar(&h.program, "program", "", "the engine's binary, built with -tags fault,chaos")
	flags.StringVar(&h.plugins, "plugins", "", "folder with the harness's connector and nothing else")
	flags.StringVar(&h.db, "db", os.Getenv("KAREZ_TEST_MYSQL"), "a MariaDB or MySQL server beside SQLite: mysql://user:password@127.0.0.1:3306/name")
	flags.StringVar(&h.nats, "nats", "", "program of deploy/natsnode, for engines with roles of their own")
	flags.StringVar(&h.mariadb, "mariadb", "", "folder that deploy/mariadb.sh started the -db server in for this harness alone, which may kill it")
	flags.StringVar(&h.older, "older", "", "binary of an older commit, for a rolling upgrade")
	flags.StringVar(&h.out, "out", "", "folder for report.json and history.jsonl (default: none is kept)")
	flags.IntVar(&h.parallel, "parallel", 8, "how many cases play at a time")
	flags.StringVar(&h.commit, "commit", "", "what the engine was built of, for the report")
	only := flags.String("only", "", "of the crash points, or of the soaks, only those whose names contain this")
	scale := flags.Float64("scale", 1, "how long soaks take, in parts of what the profile says")
	kind := flags.String("kind", "", "of what goes wrong in soaks, only the kinds whose names contain this")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if h.program == "" || h.plugins == "" {
		return errors.New("-program and -plugins are needed; make chaos gives them")
	}
	chosen, ok := profiles()[*profile]
	if !ok {
		return fmt.Errorf("there is no profile %q", *profile)
	}
	chosen.only = *only
	chosen.limit = time.Duration(float64(chosen.limit) * max(*scale, 1))
	for i, spec := range chosen.soaks {
		chosen.soaks[i].limit = time.Duration(float64(spec.limit) * *scale)
		chosen.soaks[i].feed, chosen.soaks[i].faults = int(float64(spec.feed)**scale), int(float64(spec.faults)**scale)
		chosen.soaks[i].kinds = kindsOf(spec.kinds, func(k nemesis.Kind) bool { return strings.Contains(k.Name, *kind) })
	}
	return h.within(ctx, *profile, chosen)
}

// within runs a profile in its time, in a scratch folder of its own.
func (h *harness) within(ctx context.Context, name string, p profile) (err error) {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	if h.scratch, err = os.MkdirTemp("", "karez-chaos"); err != nil {
		return err
	}
	if h.out == "" {
		h.out = h.scratch
	}
	if err := os.MkdirAll(h.out, 0o700); err != nil {
		return err
	}
	if h.history, err = openHistory(filepath.Join(h.out, "history.jsonl")); err != nil {
		return err
	}
	report := h.perform(ctx, name, p)
	err = errors.Join(h.history.close(), report.write(h))
	if report.broken() {
		h.say("what is left of the failed cases, and the history, is in %s", h.scratch)
		return errors.Join(err, errFound)
	}
	return errors.Join(err, os.RemoveAll(h.scratch))
}

// say prints a line.
func (h *harness) say(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = fmt.Fprintf(h.stdout, format+"\n", args...) // a closed terminal stops no proof
}

// history writes what happens, one JSON object a line.
type history struct {
	mu   sync.Mutex
	file *os.File
	json *json.Encoder
}

func openHistory(path string) (*history, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the caller chose the folder
	if err != nil {
		return nil, err
	}
	return &history{file: file, json: json.NewEncoder(file)}, nil
}

// tag gives a sink for one scene's events.
func (h *history) tag(id string) func(world.Event) {
	return func(e world.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		_ = h.json.Encode(struct { // what can't be written is missed by people only
			Scene string `json:"scene"`
			world.Event
		}{id, e})
	}
}

func (h *history) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.file.Close()
}
