package pluginhost

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

// output logs what a process prints, as much as is bearable: a process that prints
// without end costs the engine no memory, no log and little time.
type output struct {
	logger  *slog.Logger
	clock   func() time.Time
	secrets *secrets

	mu      sync.Mutex
	limit   *rate.Limiter
	dropped int
	// cause is the first line of a panic, last is the last line of all.
	cause, last string
	streams     []*stream
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
		if s.output.full() {
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
		s.output.print(s.name, line, cut)
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
		s.output.remember(clipLine(cause))
	}
	if at := bytes.LastIndexByte(body, '\n'); at >= 0 {
		first, body = false, body[at+1:]
	}
	if first {
		s.gather(body)
		body = s.line
	}
	s.output.remember(clipLine(body))
	s.output.drop(bytes.Count(p[:end+1], []byte("\n")))
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
func (o *output) full() bool {
	now := o.clock()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.limit.TokensAt(now) < 1
}

func (o *output) drop(lines int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dropped += lines
}

// remember keeps a line for lastWords.
func (o *output) remember(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if line != "" {
		o.last = line
	}
	if o.cause == "" && causeIn([]byte(line)) != nil {
		o.cause = line
	}
}

func (o *output) print(name, line string, cut bool) {
	o.remember(line)
	now := o.clock()
	o.mu.Lock()
	allowed := o.limit.AllowN(now, 1)
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
	logger := o.logger
	if cut {
		logger = logger.With("cut", true)
	}
	logger.Info(o.clean(line), "stream", name)
}

// clean makes a printed line fit to be shown.
func (o *output) clean(line string) string {
	return strings.ToValidUTF8(o.secrets.hide(line), "\uFFFD")
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
	line := o.last
	if o.cause != "" {
		line = o.cause
	}
	o.mu.Unlock()
	return o.clean(line)
}
