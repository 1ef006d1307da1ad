package protocol

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/node"
)

const byHand = `This is a Karez connector. Karez starts it by itself: put it into the
engine's folder of connectors, or run it with --help to see what it does by hand.
`

// Serve serves c to the engine that started this process, until the engine ends it
// or is gone. Run by hand it says what it is and ends the process with status 1.
// Standard output belongs to the handshake until Serve has printed it; Main takes
// care of that.
func Serve(c connector.Connector) { serve(c, nil) }

// serve is Serve for a plugin that brings nodes as well; code is nil where it does not.
func serve(c connector.Connector, code node.Code) {
	if os.Getenv(cookieKey) != cookieValue {
		os.Exit(complain(os.Stderr, 1, byHand))
	}
	endWithEngine()
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: handshakeConfig(),
		// Stacks go to the file that is standard error now: go-plugin replaces the
		// variable by a stream that dies with the connection.
		VersionedPlugins: pluginSets(c, code, time.Now, os.Stderr), //nolint:forbidigo // the process's clock comes in here
		GRPCServer:       newServer,
		Logger:           hclog.NewNullLogger(),
	})
}

// endWithEngine ends this process and everything it started when the engine asks
// by a signal, or is gone: then the kernel sends SIGTERM where it can, and the
// inherited file ends everywhere.
func endWithEngine() {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go func() {
		<-terminated
		endOwnGroup()
	}()
	number, err := strconv.ParseUint(os.Getenv(LifelineKey), 10, 16)
	if err != nil {
		return
	}
	lifeline := os.NewFile(uintptr(number), "lifeline")
	go func() {
		_, _ = io.Copy(io.Discard, lifeline)
		_, _ = fmt.Fprintln(os.Stderr, "the engine is gone")
		endOwnGroup()
	}()
}
