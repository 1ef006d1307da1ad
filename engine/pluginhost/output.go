package pluginhost

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxLine is how much of one printed line is logged.
	maxLine = 4 << 10
	// linesPerSecond and lineBurst bound what one process can write into the log.
	linesPerSecond, lineBurst = 20, 200
	// keptLines are kept to tell the last words of a process.
	keptLines = 40
)

// output logs what a process prints, as much as is bearable: a process that prints
// without end costs the engine neither memory nor log.
type output struct {
	logger  *slog.Logger
	clock   func() time.Time
	secrets *secrets

	mu      sync.Mutex
	limit   *rate.Limiter
	dropped int
	last    []string
	streams []*stream
}

func newOutput(logger *slog.Logger, clock func() time.Time, secrets *secrets) *output {
	return &output{logger: logger, clock: clock, secrets: secrets, limit: rate.NewLimiter(linesPerSecond, lineBurst)}
}

// stream gives a writer for one of the process's streams. It never fails.
func (o *output) stream(name string) io.Writer {
	s := &stream{output: o, name: name}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.streams = append(o.streams, s)
	return s
}

// stream cuts what is written into lines.
type stream struct {
	output *output
	name   string

	mu   sync.Mutex
	line []byte
	// cut is set while the rest of a long line is swallowed.
	cut bool
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for rest := p; len(rest) > 0; {
		piece, after, whole := bytes.Cut(rest, []byte("\n"))
		if room := maxLine - len(s.line); !s.cut {
			s.line = append(s.line, piece[:min(room, len(piece))]...)
			s.cut = len(piece) > room
		}
		if whole {
			s.flush()
		}
		rest = after
	}
	return len(p), nil
}

// flush logs the line that was gathered. The caller holds mu.
func (s *stream) flush() {
	line, cut := strings.TrimRight(string(s.line), "\r"), s.cut
	s.line, s.cut = s.line[:0], false
	if line != "" {
		s.output.print(s.name, line, cut)
	}
}

func (o *output) print(name, line string, cut bool) {
	line = strings.ToValidUTF8(o.secrets.hide(line), "\uFFFD")
	o.mu.Lock()
	if len(o.last) == keptLines {
		o.last = append(o.last[:0], o.last[1:]...)
	}
	o.last = append(o.last, line)
	allowed := o.limit.AllowN(o.clock(), 1)
	dropped := o.dropped
	if allowed {
		o.dropped = 0
	} else {
		o.dropped++
	}
	o.mu.Unlock()
	if !allowed {
		return
	}
	o.sayDropped(dropped)
	attrs := []slog.Attr{slog.String("stream", name)}
	if cut {
		attrs = append(attrs, slog.Bool("cut", true))
	}
	o.logger.LogAttrs(context.Background(), slog.LevelInfo, line, attrs...)
}

func (o *output) sayDropped(lines int) {
	if lines > 0 {
		o.logger.Warn("a connector prints too much; lines were dropped", "lines", lines)
	}
}

// note logs a line of the host's own about the process.
func (o *output) note(format string, args ...any) { o.logger.Warn(fmt.Sprintf(format, args...)) }

// close logs what is left when the process is gone.
func (o *output) close() {
	o.mu.Lock()
	streams := o.streams
	o.mu.Unlock()
	for _, s := range streams {
		s.mu.Lock()
		s.flush()
		s.mu.Unlock()
	}
	o.mu.Lock()
	dropped := o.dropped
	o.dropped = 0
	o.mu.Unlock()
	o.sayDropped(dropped)
}

// lastWords gives the line that most likely says why the process ended: that of a
// panic, or else the last one.
func (o *output) lastWords() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, line := range o.last {
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			return line
		}
	}
	if len(o.last) == 0 {
		return ""
	}
	return o.last[len(o.last)-1]
}
