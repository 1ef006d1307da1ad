package protocol

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/node"
)

// Program is what a connector's executable consists of.
type Program struct {
	// Connector is served to the engine. It is nil where a plugin brings nodes only.
	Connector connector.Connector
	// Manifest is that of a plugin without Connector.
	Manifest []byte
	// Transforms are the code of the nodes that the manifest declares, by their names there.
	Transforms node.Transforms
	// Sandbox makes the simulation of the connector's system. It is called once,
	// before the first request; clock tells the simulation's time, which is also
	// the Date of its answers unless the handler sets another one. It is nil
	// where a connector ships no sandbox.
	Sandbox func(clock func() time.Time) http.Handler
}

const usage = `A Karez connector.

Karez starts this program by itself. By hand it can be run as:

  --manifest                       print what the connector declares, as YAML
  --sandbox ADDR [--now RFC3339]   serve a simulation of its system on a loopback
                                   address until a signal or the end of the input;
                                   the first line printed is {"url":"http://..."};
                                   its clock starts at --now and runs on from there
  --help                           print this text
`

// Main runs the program as its arguments say and ends the process. Without
// arguments it serves the connector to the engine that started it; --manifest,
// --sandbox and --help are for people and for the demo. An executable's main
// function calls it and nothing else.
func Main(p Program) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, p, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// MainOf is Main for a program that serves whatever connector it is given: behind flag, the
// first argument, stands the folder that load makes the rest of. What load refuses is
// printed, and ends the process.
func MainOf(flag string, load func(dir string) (Program, error)) {
	args := os.Args[1:]
	if len(args) < 2 || args[0] != flag {
		os.Exit(complain(os.Stderr, 2, "%s DIR comes first: the folder of the connector that is served\n\n%s", flag, usage))
	}
	p, err := load(args[1])
	if err != nil {
		os.Exit(complain(os.Stderr, 1, "%v\n", err))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, p, args[2:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is Main with the process's edges handed in, besides those of serving. It gives the exit status: 0
// for success, 1 for a failure, 2 for wrong arguments.
func run(ctx context.Context, p Program, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("connector", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	showManifest := flags.Bool("manifest", false, "")
	sandboxAddr := flags.String("sandbox", "", "")
	now := flags.String("now", "", "")
	err := flags.Parse(args)
	switch {
	case err == flag.ErrHelp: //nolint:errorlint // the flag package returns it as it is
		return printed(stdout, usage)
	case err != nil:
		return complain(stderr, 2, "%v\n\n%s", err, usage)
	case flags.NArg() > 0:
		return complain(stderr, 2, "unexpected argument %q\n\n%s", flags.Arg(0), usage)
	case *showManifest:
		return printed(stdout, string(p.connector().Manifest()))
	case *sandboxAddr != "":
		if err := serveSandbox(ctx, p.Sandbox, *sandboxAddr, *now, stdin, stdout); err != nil {
			return complain(stderr, 1, "%v\n", err)
		}
		return 0
	case *now != "":
		return complain(stderr, 2, "--now goes with --sandbox\n\n%s", usage)
	}
	serve(p.connector(), p.code())
	return 0
}

// connector gives what is served; a plugin that brings nodes only opens no connection.
func (p Program) connector() connector.Connector {
	if p.Connector != nil {
		return p.Connector
	}
	return declaration(p.Manifest)
}

// code gives the code of the nodes, nil where there are none.
func (p Program) code() node.Code {
	if len(p.Transforms) == 0 {
		return nil
	}
	return p.Transforms.Code()
}

// declaration is a plugin without a connector.
type declaration []byte

// Manifest implements connector.Connector.
func (d declaration) Manifest() []byte { return d }

// Open implements connector.Connector.
func (declaration) Open(context.Context, connector.Account, connector.Host) (connector.Session, error) {
	return nil, fault.New("plugin.no_connector", "the plugin brings nodes only and connects to no system").Unapplied().Classed(fault.Config)
}

func printed(w io.Writer, text string) int {
	if _, err := io.WriteString(w, text); err != nil {
		return 1
	}
	return 0
}

func complain(w io.Writer, code int, format string, args ...any) int {
	_, _ = fmt.Fprintf(w, format, args...)
	return code
}
