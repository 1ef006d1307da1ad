package files

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// mostReadings is how often a file is read that changes meanwhile.
const mostReadings = 3

// Session reads the files of one file node for one run: it gives the records of one
// file page by page, and goes on to the next file when it is told that they are stored.
type Session struct {
	service   *Service
	workspace ledger.ID
	// ctx is the run's: a file is read to its end though one call takes less long.
	ctx context.Context //nolint:containedctx // ends the session, see Open

	mu   sync.Mutex
	last time.Time
	// left are the files that are still to be read, nil before they were looked for.
	spec    Spec
	begun   bool
	left    []string
	reading *reading
	broken  []*fault.Fault
	// read says that the records of the file were given to the last.
	read   bool
	closed bool
}

// reading is the file that is being read.
type reading struct {
	name  string
	spool *spool
	// print is set for a file in a folder.
	print imprint
	times int
}

var _ connector.Session = (*Session)(nil)

// Open gives a session for the files of a workspace. It ends with the context.
func (s *Service) Open(ctx context.Context, workspace ledger.ID) *Session {
	session := &Session{service: s, workspace: workspace, ctx: ctx}
	context.AfterFunc(ctx, session.end)
	return session
}

// Check implements connector.Session. Its time never stands still: each file is a
// window of its own, and the next one must begin later.
func (s *Session) Check(context.Context) (connector.Health, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.service.Clock().Truncate(time.Millisecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Millisecond)
	}
	s.last = now
	return connector.Health{SourceTime: now}, nil
}

// Query implements connector.Session: its parameters are a file node's settings, its
// tokens places among the records of a file. Before it gives the first record it reads
// the file to its end, so that nothing is taken of one that is broken further down.
func (s *Session) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return connector.Page{}, fault.New("file.closed", "the reading of the files has ended").Classed(fault.Transient)
	}
	if !s.begun {
		s.spec, s.broken = ReadSpec(req.Params), nil
		if err := s.begin(); err != nil {
			return connector.Page{}, err
		}
		s.begun = true
	}
	if s.reading == nil {
		return s.nothing()
	}
	from, err := offset(req.Page.Token)
	if err != nil || from > s.reading.spool.size {
		return connector.Page{}, fault.New("file.token_invalid", "the file can't be read on from %s", req.Page.Token).Classed(fault.Internal)
	}
	list, next, err := s.reading.spool.page(from, max(req.Page.Size, 1))
	if err != nil {
		return connector.Page{}, fault.Wrap(err, "file.unopened", "the file can't be read").Classed(fault.Transient)
	}
	page := connector.Page{Rows: list, Total: s.reading.spool.count}
	if page.More = next < s.reading.spool.size; page.More {
		page.NextToken = strconv.FormatInt(next, 10)
	}
	s.read = !page.More
	return page, nil
}

func offset(token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	return strconv.ParseInt(token, 10, 64)
}

// nothing answers where no file can be read: with the first one's fault, or with no records.
func (s *Session) nothing() (connector.Page, error) {
	if len(s.broken) > 0 {
		return connector.Page{}, s.failure()
	}
	s.read = true
	return connector.Page{Rows: []byte("[]")}, nil
}

// begin looks for the files and reads the first that can be read.
func (s *Session) begin() error {
	if s.spec.From == FromUpload {
		return s.upload()
	}
	root, err := s.service.folder(s.workspace, s.spec.Folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // it was only read
	all, err := s.service.list(root, s.spec.Pattern)
	if err != nil {
		return err
	}
	s.left = nil
	for _, e := range all {
		if e.Fresh {
			s.service.Log.InfoContext(s.ctx, "a file is not read yet: it changed a moment ago", "folder", s.spec.Folder, "file", e.Name)
			continue
		}
		s.left = append(s.left, e.Name)
	}
	return s.next(root)
}

// upload reads the uploaded file.
func (s *Session) upload() error {
	f, err := s.service.Store.Named(s.ctx, s.workspace, s.spec.File)
	if errors.Is(err, ledger.ErrNotFound) {
		return missing(s.spec.File)
	}
	if err != nil {
		return err
	}
	in, err := s.service.content(f)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	sp, err := s.service.newSpool(s.ctx, in, f.Size, f.Name, s.spec.Spec)
	if err != nil {
		return fault.From(err).InFile(f.Name)
	}
	s.reading = &reading{name: f.Name, spool: sp, times: 1}
	return nil
}

// next reads the next of the files that can be read. Only what is no file's fault is an error.
func (s *Session) next(root *os.Root) error {
	for len(s.left) > 0 {
		name := s.left[0]
		s.left = s.left[1:]
		if err := s.readOne(root, name, 1); err != nil || s.reading != nil {
			return err
		}
	}
	s.left = nil
	return nil
}

// readOne reads a file of the folder to its end, and notes why it can't be read. One
// that changes meanwhile is read again; one that somebody took away is let go.
func (s *Session) readOne(root *os.Root, name string, times int) error {
	in, err := root.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.note(fault.Wrap(err, "file.unopened", "the file can't be read").Classed(fault.Data), name)
		return nil
	}
	defer func() { _ = in.Close() }() // it was only read
	for ; times <= mostReadings; times++ {
		before, err := printOf(in)
		if err != nil {
			return err
		}
		if before.size > s.service.MaxBytes {
			s.note(fault.New("file.too_large", "the file has more than %d MiB", s.service.MaxBytes>>20).Classed(fault.Data).Hinted("split it into several files"), name)
			return nil
		}
		sp, broken := s.service.newSpool(s.ctx, in, before.size, name, s.spec.Spec)
		after, err := printOf(in)
		if err == nil && after == before {
			f, coded := errors.AsType[*fault.Fault](broken)
			switch {
			case broken == nil:
				s.reading = &reading{name, sp, before, times}
			case coded && (f.Class == fault.Data || f.Class == fault.Config):
				s.note(f, name)
			default:
				return broken
			}
			return nil
		}
		if err = errors.Join(err, sp.close()); err != nil {
			return err
		}
	}
	s.note(fault.New("file.changing", "the file changed each time it was read").Classed(fault.Data).Hinted("it is read when it stays as it is"), name)
	return nil
}

func (s *Session) note(f *fault.Fault, name string) { s.broken = append(s.broken, f.InFile(name)) }

// Done implements pull.Parted: what was read of a file is stored for good. It moves the
// file away if it is to be, unless it changed since it was read: then it is read again.
func (s *Session) Done(context.Context) (more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.read {
		return false, fault.New("file.not_due", "the server's clock went back, and the files were not read").Classed(fault.Transient).Hinted("run the flow again later")
	}
	s.read = false
	if s.spec.From == FromUpload || s.reading == nil {
		return false, s.failure()
	}
	root, err := s.service.folder(s.workspace, s.spec.Folder)
	if err != nil {
		return false, err
	}
	defer func() { _ = root.Close() }() // nothing was written through it
	last := s.reading
	s.reading = nil
	if err := last.spool.close(); err != nil {
		return false, err
	}
	if err := s.settle(root, last); err != nil {
		return false, err
	}
	if s.reading == nil {
		if err := s.next(root); err != nil {
			return false, err
		}
	}
	if s.reading != nil {
		return true, nil
	}
	return false, s.failure()
}

// settle moves a file away that was read, or reads it again if it changed.
func (s *Session) settle(root *os.Root, last *reading) error {
	in, err := root.Open(last.name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	now, err := printOf(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	switch {
	case now != last.print && last.times < mostReadings:
		return s.readOne(root, last.name, last.times+1)
	case now != last.print:
		return nil // it stays: its next change is another reason to read it
	case s.spec.After == Keep:
		return nil
	}
	if err := away(root, last.name, s.spec.After, s.service.Clock()); err != nil {
		s.note(fault.Wrap(err, "file.not_moved", "the file was read and can't be moved away").Classed(fault.Config).
			Hinted("look whether the program may write in the folder; until then the file is read again at every run"), last.name)
	}
	return nil
}

// failure tells of the files that can't be read, nil where there are none.
func (s *Session) failure() error {
	switch n := len(s.broken); n {
	case 0:
		return nil
	case 1:
		return s.broken[0]
	default:
		f := s.broken[0]
		return f.Hinted("%d files can't be read, of which this is the first", n)
	}
}

// Close implements connector.Session.
func (s *Session) Close(context.Context) error {
	s.end()
	return nil
}

func (s *Session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.reading != nil {
		_ = s.reading.spool.close() // it has no name: nothing stays
		s.reading = nil
	}
}
