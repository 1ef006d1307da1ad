// Command bench measures the product as it is shipped: pages of 100 orders of 2.2 KB are
// fetched over HTTP, one in ten is dropped, 20 head fields and 5 lines of 9 are mapped with
// a look-up in a table of 10,000 codes, and batches of 50 are posted. The program runs with
// its ledger and two connector processes, from a flow in a file, on SQLite and on MariaDB,
// in turn with a program that was written by hand for this alone and keeps nothing. It
// prints a table and JSON, and fails only when documents are missing, doubled or wrong:
// how fast is fast enough is for people to say.
//
//	make bench
//	make bench-full
//
// It is built on the product's surfaces for people and programs: it may import
// deploy/bench/* and no package of the product.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/karezflow/karez/deploy/bench/world"
)

// settings are one invocation's flags.
type settings struct {
	bin, dir, mysql, json string
	rounds                int
	docs, limitDocs       int
	ledger                int
	verbose               bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, time.Now) //nolint:forbidigo // the process's clock comes in here
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (s settings, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&s.bin, "bin", "bin", "folder with karez; bench/limit and bench/plugins/<connector> stand below it")
	f.StringVar(&s.dir, "dir", "", "where databases go (default: a new folder for temporary files)")
	f.StringVar(&s.mysql, "mysql", "", "the address that deploy/mariadb.sh prints; without one MariaDB is left out")
	f.StringVar(&s.json, "json", "", "file that all figures are written to as JSON")
	f.IntVar(&s.rounds, "rounds", 5, "rounds; each contestant runs once in each")
	f.IntVar(&s.docs, "docs", 40_000, "documents of a run of the product, whole pages")
	f.IntVar(&s.limitDocs, "limit-docs", 100_000, "documents of a run of the program written by hand, whole pages")
	f.IntVar(&s.ledger, "ledger", 0, "documents that a ledger gets before its pace is compared with an empty one's and documents are searched in it; 0 leaves this out")
	f.BoolVar(&s.verbose, "v", false, "tell every run on standard error")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if s.rounds < 1 || s.docs < 100 || s.docs%100 != 0 || s.limitDocs < 100 || s.limitDocs%100 != 0 || s.ledger%100 != 0 {
		return s, errors.New("-rounds must be positive, documents whole pages of 100")
	}
	return s, nil
}

func run(ctx context.Context, args []string, out io.Writer, clock func() time.Time) (err error) {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if s.bin, err = filepath.Abs(s.bin); err != nil {
		return err
	}
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "karez-bench"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(s.dir) }() //nolint:gosec // made above
	}
	w, err := world.New(ctx, clock)
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	b := &bench{settings: s, world: w, clock: clock, log: io.Discard}
	if s.verbose {
		b.log = os.Stderr
	}
	if err := b.measure(ctx); err != nil {
		return err
	}
	return b.report.print(out, s.json)
}
