// Package console takes what a connector's process prints: it logs as much as is
// bearable, hides the secrets in it, and keeps what explains the process's end.
//
// It may import the standard library, golang.org/x/time and sdk/fault, and nothing else.
package console

import (
	"bytes"
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
)

// Console is what one process prints. A process that prints without end costs the
// engine no memory, no log and little time.
type Console struct {
	logger  *slog.Logger
	clock   func() time.Time
	secrets *Secrets

	mu      sync.Mutex
	limit   *rate.Limiter
	dropped int
	// cause is the first line of a panic, last is the last line of all.
	cause, last string
	streams     []*stream
}

// New gives the console of a process; secrets may be added to while it prints.
func New(logger *slog.Logger, clock func() time.Time, secrets *Secrets) *Console {
	return &Console{logger: logger, clock: clock, secrets: secrets, limit: rate.NewLimiter(linesPerSecond, lineBurst)}
}

// Stream gives a writer for one of the process's streams. It never fails.
func (c *Console) Stream(name string) io.Writer {
	s := &stream{console: c, name: name}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams = append(c.streams, s)
	return s
}

// stream cuts what is written into lines.
type stream struct {
	console *Console
	name    string

	mu   sync.Mutex
	line []byte
	// cut is set while the rest of a long line is swallowed.
	cut bool
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for rest := p; len(rest) > 0; {
		if s.console.full() {
			s.skip(rest)
			break
		}
		piece, after, whole := bytes.Cut(rest, []byte("\n"))
		s.gather(piece)
		if whole {
			s.flush()
		}
		rest = after
	}
	return len(p), nil
}

// gather adds to the current line as much as is kept of it. The caller holds mu.
func (s *stream) gather(piece []byte) {
	if s.cut {
		return
	}
	room := min(maxLine-len(s.line), len(piece))
	s.line = append(s.line, piece[:room]...)
	s.cut = room < len(piece)
}

// flush logs the line that was gathered. The caller holds mu.
func (s *stream) flush() {
	line, cut := strings.TrimRight(string(s.line), "\r"), s.cut
	s.line, s.cut = s.line[:0], false
	if line != "" {
		s.console.print(s.name, line, cut)
	}
}

// skip drops the lines of p at once: taking a flood line by line would cost more
// time than the process that makes it. The caller holds mu.
func (s *stream) skip(p []byte) {
	end := bytes.LastIndexByte(p, '\n')
	if end < 0 {
		s.gather(p)
		return
	}
	first, body := true, p[:end]
	if cause := causeIn(body); cause != nil {
		s.console.remember(clipLine(cause))
	}
	if at := bytes.LastIndexByte(body, '\n'); at >= 0 {
		first, body = false, body[at+1:]
	}
	if first {
		s.gather(body)
		body = s.line
	}
	s.console.remember(clipLine(body))
	s.console.drop(bytes.Count(p[:end+1], []byte("\n")))
	s.line, s.cut = s.line[:0], false
	s.gather(p[end+1:])
}

// causeIn finds the line in which a Go program says why it ends.
func causeIn(text []byte) []byte {
	for _, mark := range []string{"panic: ", "fatal error: "} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return text
		}
		if at := bytes.Index(text, []byte("\n"+mark)); at >= 0 {
			return text[at+1:]
		}
	}
	return nil
}

// clipLine gives the first line of text, at most maxLine of it.
func clipLine(text []byte) string {
	line, _, _ := bytes.Cut(text[:min(maxLine, len(text))], []byte("\n"))
	return string(line)
}

// full reports whether the log takes no line now.
func (c *Console) full() bool {
	now := c.clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.limit.TokensAt(now) < 1
}

func (c *Console) drop(lines int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropped += lines
}

// remember keeps a line for LastWords.
func (c *Console) remember(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if line != "" {
		c.last = line
	}
	if c.cause == "" && causeIn([]byte(line)) != nil {
		c.cause = line
	}
}

func (c *Console) print(name, line string, cut bool) {
	c.remember(line)
	now := c.clock()
	c.mu.Lock()
	allowed := c.limit.AllowN(now, 1)
	dropped := c.dropped
	if allowed {
		c.dropped = 0
	} else {
		c.dropped++
	}
	c.mu.Unlock()
	if !allowed {
		return
	}
	c.sayDropped(dropped)
	logger := c.logger
	if cut {
		logger = logger.With("cut", true)
	}
	logger.Info(c.clean(line), "stream", name)
}

// clean makes a printed line fit to be shown.
func (c *Console) clean(line string) string {
	return strings.ToValidUTF8(c.secrets.Hide(line), "\uFFFD")
}

func (c *Console) sayDropped(lines int) {
	if lines > 0 {
		c.logger.Warn("a connector prints too much; lines were dropped", "lines", lines)
	}
}

// Note logs a line of the host's own about the process.
func (c *Console) Note(format string, args ...any) { c.logger.Warn(fmt.Sprintf(format, args...)) }

// Close logs what is left when the process is gone.
func (c *Console) Close() {
	c.mu.Lock()
	streams := c.streams
	c.mu.Unlock()
	for _, s := range streams {
		s.mu.Lock()
		s.flush()
		s.mu.Unlock()
	}
	c.mu.Lock()
	dropped := c.dropped
	c.dropped = 0
	c.mu.Unlock()
	c.sayDropped(dropped)
}

// LastWords gives the line that most likely says why the process ended: that of a
// panic, or else the last one.
func (c *Console) LastWords() string {
	c.mu.Lock()
	line := c.last
	if c.cause != "" {
		line = c.cause
	}
	c.mu.Unlock()
	return c.clean(line)
}
