// Command ledgerspike measures the ledger's tables: three commits a page of
// 100 documents (admit, intent, outcome) into SQLite or MariaDB, on the schema
// of server/store/migration or on a variant of it. It is the evidence behind
// server/store/decisions/20261121-ledger-tables.md and uses database/sql alone:
// it may import the packages below it and nothing else of the product.
//
//	go run ./deploy/ledgerspike -db sqlite -docs 2000000 -variant chosen -flat 5
//	go run ./deploy/ledgerspike -db "$(deploy/mariadb.sh start /tmp/m 33061)" -docs 2000000 -keys random
//	go run ./deploy/ledgerspike -docs 300000 -rounds 3 -variant chosen,hash,state,chosen:group=4
//
// Several variants or rounds run interleaved on fresh databases and are
// compared by their medians; a single one prints a sample every -step documents,
// then, with -flat, its pace in turn with an empty ledger's, and last the tail:
// claims, searches and re-reads at the full size.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

// clock tells the time; durations are taken from its monotonic reading.
type clock func() time.Time

// settings are one invocation's flags.
type settings struct {
	db       string
	dir      string
	docs     int
	step     int
	rounds   int
	flat     int
	suffix   string // keeps a second MariaDB database apart
	variants []variant
}

// database is where and how v's ledger goes.
func (s settings) database(v variant) database.Config {
	return database.Config{
		DB: s.db, Dir: s.dir, Suffix: "_spike" + s.suffix,
		DDL: v.ddl, Checkpoint: v.checkpoint, Cache: v.cache, PageSize: v.pagesize,
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, time.Now) //nolint:forbidigo // the process's clock comes in here
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ledgerspike:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer, now clock) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	p := &printer{to: out}
	if len(s.variants) > 1 || s.rounds > 1 {
		err = compare(ctx, s, p, now)
	} else {
		err = single(ctx, s, p, now)
	}
	return errors.Join(err, p.err)
}

func parse(args []string) (settings, error) {
	var s settings
	var names, keys string
	f := flag.NewFlagSet("ledgerspike", flag.ContinueOnError)
	f.StringVar(&s.db, "db", "sqlite", "sqlite, or the DSN that deploy/mariadb.sh prints")
	f.StringVar(&s.dir, "dir", os.TempDir(), "where the SQLite file goes")
	f.IntVar(&s.docs, "docs", 200_000, "documents, a multiple of 100")
	f.IntVar(&s.step, "step", 250_000, "documents between two samples")
	f.IntVar(&s.rounds, "rounds", 1, "rounds of an interleaved comparison")
	f.IntVar(&s.flat, "flat", 0, "rounds of the full ledger against an empty one, after a single variant is filled")
	f.StringVar(&keys, "keys", "asc", "order of keys and numbers: asc, uuid (keys random), random (all random)")
	f.StringVar(&names, "variant", "chosen", "comma-separated NAME[:option=value[:…]]; names: "+strings.Join(variantNames(), " ")+"; options: "+optionNames)
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if s.docs <= 0 || s.docs%payload.PageSize != 0 || s.step <= 0 || s.rounds <= 0 || s.flat < 0 {
		return s, fmt.Errorf("-docs must be a positive multiple of %d, -step and -rounds positive", payload.PageSize)
	}
	for name := range strings.SplitSeq(names, ",") {
		v, err := parseVariant(name, keys)
		if err != nil {
			return s, err
		}
		s.variants = append(s.variants, v)
	}
	return s, nil
}
