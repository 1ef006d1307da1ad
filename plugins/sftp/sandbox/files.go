package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/karezflow/karez/sdk/spreadsheet"
)

// node is a file or a folder.
type node struct {
	data []byte
	dir  bool
	at   time.Time
	// claims is the size that is told where it is more than there is.
	claims int64
}

// Reset goes back to the initial files.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set, s.writes = Settings{}, map[string]int{}
	s.nodes, s.links = map[string]*node{}, map[string]string{Home + "/" + Escape: "/secret"}
	old := s.clock().Add(-time.Hour)
	for _, folder := range []string{"/", Home, Home + "/in", Home + "/out", Home + "/done", "/secret"} {
		s.nodes[folder] = &node{dir: true, at: old}
	}
	orders := func(from, to int) []byte {
		text := []byte("no,customer,amount\n")
		for n := from; n <= to; n++ {
			text = fmt.Appendf(text, "SO%03d,\"客户, %d\",%d.50\n", n, n, n)
		}
		return text
	}
	chinese, err := simplifiedchinese.GBK.NewEncoder().String("编号,名称\nA1,坎儿井\nA2,吐鲁番\n")
	if err != nil {
		panic(err) // these characters are in GBK
	}
	for name, data := range map[string][]byte{
		"in/orders-1.csv": orders(1, 4), "in/orders-2.csv": orders(5, 10), "in/gbk.csv": []byte(chinese),
		"in/items.json":   []byte(`[{"id":1,"qty":12.50},{"id":2,"qty":3},{"id":3,"qty":0}]`),
		"in/lines.ndjson": []byte("{\"id\":\"a\"}\n\n{\"id\":\"b\"}\n"),
		"in/stock.xlsx":   workbook(),
		"../secret/keys":  []byte("not for you"),
	} {
		s.nodes[path.Join(Home, name)] = &node{data: data, at: old}
	}
}

// workbook is a file as people send them.
func workbook() []byte {
	var out bytes.Buffer
	w, err := spreadsheet.NewWriter(&out, spreadsheet.WriteOptions{Format: spreadsheet.XLSX, Sheet: "库存", Heading: true})
	for _, cells := range [][]string{{"编码", "数量", "日期"}, {"A1", "0.10", "2026-03-01"}, {"A2", "12345678901234567.89", "2026-03-02"}, {"A3", "0", ""}} {
		if err == nil {
			err = w.Write(cells...)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a workbook can hold these texts
	}
	return out.Bytes()
}

// Put keeps a file, as another program at the server would.
func (s *Server) Put(name string, data []byte, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodes[path.Join(Home, name)] = &node{data: data, at: at}
}

// Claim has a file told larger than it is.
func (s *Server) Claim(name string, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nodes[path.Join(Home, name)].claims = size
}

// File gives what a file holds; false where there is none.
func (s *Server) File(name string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.nodes[path.Join(Home, name)]
	if !ok {
		return nil, false
	}
	return bytes.Clone(n.data), true
}

// Names gives the names in a folder, in order.
func (s *Server) Names(folder string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.nodes {
		if path.Dir(name) == path.Join(Home, folder) {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names
}

// resolve follows links.
func (s *Server) resolve(name string) string {
	for link, to := range s.links {
		if name == link || strings.HasPrefix(name, link+"/") {
			return to + strings.TrimPrefix(name, link)
		}
	}
	return name
}

// view is the server as one connection sees it. It implements the handlers of pkg/sftp.
type view struct {
	server *Server
	conn   net.Conn
}

// Fileread implements sftp.FileReader.
func (v *view) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	s := v.server
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.nodes[s.resolve(r.Filepath)]
	if !ok || n.dir {
		return nil, os.ErrNotExist
	}
	if s.set.WriteWhileRead > 0 {
		s.set.WriteWhileRead--
		n.at = s.clock()
	}
	return bytes.NewReader(bytes.Clone(n.data)), nil
}

// Filewrite implements sftp.FileWriter.
func (v *view) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	s := v.server
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.resolve(r.Filepath)
	if parent, ok := s.nodes[path.Dir(name)]; !ok || !parent.dir {
		return nil, os.ErrNotExist
	}
	if _, ok := s.nodes[name]; ok && r.Pflags().Excl {
		return nil, sftp.ErrSSHFxFailure
	}
	n := &node{at: s.clock()}
	s.nodes[name] = n
	s.writes["open"]++
	return &writer{v, n}, nil
}

// writer writes to a file.
type writer struct {
	*view
	node *node
}

// WriteAt implements io.WriterAt.
func (w *writer) WriteAt(p []byte, at int64) (int, error) {
	s := w.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set.Full {
		return 0, sftp.ErrSSHFxFailure
	}
	cut := s.set.CutUploads > 0
	if cut {
		p = p[:len(p)/2]
	}
	if end := at + int64(len(p)); end > int64(len(w.node.data)) {
		w.node.data = append(w.node.data, make([]byte, end-int64(len(w.node.data)))...)
	}
	copy(w.node.data[at:], p)
	w.node.at = s.clock()
	if cut {
		s.set.CutUploads--
		_ = w.conn.Close()
		return 0, sftp.ErrSSHFxConnectionLost
	}
	return len(p), nil
}

// Filecmd implements sftp.FileCmder. A rename refuses to take the place of another file.
func (v *view) Filecmd(r *sftp.Request) error { return v.command(r, false) }

// PosixRename implements sftp.PosixRenameFileCmder.
func (v *view) PosixRename(r *sftp.Request) error { return v.command(r, true) }

func (v *view) command(r *sftp.Request, over bool) error {
	s := v.server
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := s.resolve(r.Filepath), s.resolve(path.Clean(r.Target))
	n, ok := s.nodes[from]
	if !ok {
		return os.ErrNotExist
	}
	switch r.Method {
	case "Rename", "PosixRename":
		if _, taken := s.nodes[to]; taken && !over {
			return sftp.ErrSSHFxFailure
		}
		if parent, ok := s.nodes[path.Dir(to)]; !ok || !parent.dir {
			return os.ErrNotExist
		}
		delete(s.nodes, from)
		s.nodes[to] = n
		s.writes["rename"]++
	case "Remove":
		if n.dir {
			return sftp.ErrSSHFxFailure
		}
		delete(s.nodes, from)
		s.writes["remove"]++
	default:
		return sftp.ErrSSHFxOpUnsupported
	}
	if s.set.LoseAnswers > 0 {
		s.set.LoseAnswers--
		_ = v.conn.Close()
	}
	return nil
}

// RealPath implements sftp.RealPathFileLister.
func (v *view) RealPath(name string) (string, error) {
	if !path.IsAbs(name) {
		name = path.Join(Home, name)
	}
	v.server.mu.Lock()
	defer v.server.mu.Unlock()
	return v.server.resolve(path.Clean(name)), nil
}

// Filelist implements sftp.FileLister.
func (v *view) Filelist(r *sftp.Request) (sftp.ListerAt, error) { //nolint:ireturn // as the interface has it
	s := v.server
	s.mu.Lock()
	stall, held := s.stall, s.held
	s.mu.Unlock()
	if stall != nil {
		held <- struct{}{}
		<-stall
	}
	return s.look(r.Method, r.Filepath, true)
}

// Lstat implements sftp.LstatFileLister.
func (v *view) Lstat(r *sftp.Request) (sftp.ListerAt, error) { //nolint:ireturn // as the interface has it
	return v.server.look("Stat", r.Filepath, false)
}

func (s *Server) look(method, name string, follow bool) (listing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, link := s.links[name]; link && !follow {
		return listing{info{name: path.Base(name), link: true}}, nil
	}
	name = s.resolve(name)
	n, ok := s.nodes[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	if method != "List" {
		return listing{n.info(name)}, nil
	}
	if !n.dir {
		return nil, os.ErrNotExist
	}
	var found listing
	for other, n := range s.nodes {
		if other != name && path.Dir(other) == name {
			found = append(found, n.info(other))
		}
	}
	for link := range s.links {
		if path.Dir(link) == name {
			found = append(found, info{name: path.Base(link), link: true})
		}
	}
	return found, nil
}

// listing implements sftp.ListerAt.
type listing []fs.FileInfo

// ListAt implements sftp.ListerAt.
func (l listing) ListAt(into []fs.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(into, l[offset:])
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}

// info implements fs.FileInfo.
type info struct {
	name string
	size int64
	at   time.Time
	dir  bool
	link bool
}

func (n *node) info(name string) info {
	return info{name: path.Base(name), size: max(int64(len(n.data)), n.claims), at: n.at, dir: n.dir}
}

// Name implements fs.FileInfo.
func (i info) Name() string { return i.name }

// Size implements fs.FileInfo.
func (i info) Size() int64 { return i.size }

// Mode implements fs.FileInfo.
func (i info) Mode() fs.FileMode {
	switch {
	case i.link:
		return fs.ModeSymlink | 0o777
	case i.dir:
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// ModTime implements fs.FileInfo.
func (i info) ModTime() time.Time { return i.at }

// IsDir implements fs.FileInfo.
func (i info) IsDir() bool { return i.dir }

// Sys implements fs.FileInfo.
func (info) Sys() any { return nil }
