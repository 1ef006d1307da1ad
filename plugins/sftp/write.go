package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

// posixRename is the extension by which a name takes the place of another at once.
const posixRename = "posix-rename@openssh.com"

// Write implements connector.Writer.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	var run func(*line, item.Value, string) error
	switch batch.Operation {
	case opPut:
		run = func(l *line, row item.Value, name string) error { return l.put(row, name, true) }
	case opCreate:
		run = func(l *line, row item.Value, name string) error { return l.put(row, name, false) }
	case opMove:
		run = (*line).move
	case opDelete:
		run = (*line).remove
	default:
		return connector.Answers{}, unknown(batch.Operation)
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil || len(rows) != 1 || item.Of(rows[0]).Kind() != item.Object {
		return connector.Answers{}, fault.New("sftp.row_invalid", "a call takes one row, which is an object").Classed(fault.Internal).Unapplied()
	}
	row := item.Of(rows[0])
	name, err := fileName(row, "path")
	if err != nil {
		return connector.Answers{}, err
	}
	started := s.clock()
	err = s.with(ctx, func(l *line) error { return run(l, row, name) })
	s.trace(ctx, batch.Operation, append(item.AppendText([]byte(`{"path":`), name), '}'), started, err)
	if err != nil {
		return connector.Answers{}, err
	}
	raw := append(item.AppendText([]byte(`{"path":`), name), '}')
	return connector.Answers{Rows: []connector.Answer{{Outcome: connector.Done, ID: name, Number: name, Raw: raw}}, Raw: raw}, nil
}

// fileName reads the path of a file from a row.
func fileName(row item.Value, field string) (string, error) {
	text := row.Field(field).Text()
	name, err := relative(text)
	switch {
	case err != nil:
		return "", fault.From(err).At(field)
	case name == "" || strings.HasSuffix(text, "/"):
		return "", fault.New("sftp.name_missing", "there is no name of a file").At(field).Classed(fault.Data).Unapplied()
	}
	return name, nil
}

// content reads what a file is to hold: a text, or rows.
func content(row item.Value, name string) ([]byte, error) {
	given := row.Field("content")
	text, none := given.Text(), given.Kind() == item.None || given.Kind() == item.Null
	switch list := row.Field("rows"); {
	case list.Kind() == item.None || list.Kind() == item.Null:
	case none:
		return table(row, name)
	default:
		none = true
	}
	if none {
		return nil, fault.New("sftp.content_missing", "a file holds either a content or rows").At("content").Classed(fault.Data).Unapplied().
			Hinted("map one of the two; an empty text makes an empty file")
	}
	var (
		raw []byte
		err error
	)
	switch encoding := strings.ToLower(row.Field("encoding").Text()); encoding {
	case "", string(spreadsheet.UTF8):
		return []byte(text), nil
	case string(spreadsheet.GBK):
		raw, err = simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
	case "base64":
		raw, err = base64.StdEncoding.DecodeString(text)
	default:
		return nil, fault.New("sftp.content_invalid", "the content cannot be written in %s", encoding).At("encoding").Classed(fault.Data).Unapplied().
			Hinted("use utf-8, gbk or base64")
	}
	if err != nil {
		return nil, fault.New("sftp.content_invalid", "the content cannot be written in %s", row.Field("encoding").Text()).At("content").Classed(fault.Data).Unapplied().
			Because(err).Hinted("use utf-8, gbk or base64")
	}
	return raw, nil
}

// put writes a file beside its place and gives it its name when it is whole.
func (l *line) put(row item.Value, name string, over bool) error {
	raw, err := content(row, name)
	if err != nil {
		return err
	}
	at, err := l.place(name)
	if err != nil {
		return unapplied(err)
	}
	there, err := l.there(at, name)
	if err != nil {
		return unapplied(err)
	}
	_, replaces := l.HasExtension(posixRename)
	switch {
	case there && !over:
		return exists(name)
	case there && !replaces && l.holds(at, raw):
		return nil // it was put there before, and the answer was lost
	case there && !replaces:
		return fault.New("sftp.no_replacing", "the server cannot put a file in the place of %s at once", name).Classed(fault.Config).Unapplied().
			Hinted("write files with new names, or archive the old one before")
	}
	part := path.Join(path.Dir(at), ".karez-"+rand.Text()+".part")
	if err := l.upload(part, raw, name); err != nil {
		_ = l.Remove(part) // nothing of it has the file's name; where the line is cut the part stays
		return unapplied(err)
	}
	if over && replaces {
		err = l.PosixRename(part, at)
	} else {
		err = l.Rename(part, at)
	}
	if err == nil {
		return nil
	}
	f := l.told(err, name)
	if f.NotApplied {
		_ = l.Remove(part)
		if now, err := l.there(at, name); err == nil && now && !over {
			return exists(name)
		}
	}
	return f
}

// holds tells whether a file is the one that is to be written.
func (l *line) holds(at string, raw []byte) bool {
	info, err := l.Lstat(at)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(raw)) {
		return false
	}
	file, err := l.Open(at)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	there, err := io.ReadAll(io.LimitReader(file, int64(len(raw))+1))
	return err == nil && bytes.Equal(there, raw)
}

// unapplied marks what failed before anything had the file's name.
func unapplied(err error) error { return fault.From(err).Unapplied() }

func exists(name string) *fault.Fault {
	return fault.New("sftp.exists", "there is a file %s already", name).Classed(fault.Duplicate).Unapplied()
}

// upload writes a new file and sees that the server has all of it.
func (l *line) upload(part string, raw []byte, name string) error {
	file, err := l.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return l.told(err, name)
	}
	_, err = io.Copy(file, bytes.NewReader(raw))
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return l.told(err, name)
	}
	info, err := l.Stat(part)
	if err != nil {
		return l.told(err, name)
	}
	if info.Size() != int64(len(raw)) {
		return fault.New("sftp.upload_short", "the server kept %d of %d bytes of %s", info.Size(), len(raw), name).Classed(fault.Transient).
			Hinted("look at the free space of the server")
	}
	return nil
}

// there tells whether something has a name.
func (l *line) there(at, name string) (bool, error) {
	_, err := l.Lstat(at)
	if err == nil {
		return true, nil
	}
	f := l.told(err, name)
	if f.Code == "sftp.missing" {
		return false, nil
	}
	return false, f
}

// move gives a file another name. Where it has it already the move was made before.
func (l *line) move(row item.Value, name string) error {
	target, err := fileName(row, "to")
	if err != nil {
		return err
	}
	from, err := l.place(name)
	if err != nil {
		return unapplied(err)
	}
	to, err := l.place(target)
	if err != nil {
		return unapplied(err)
	}
	source, err := l.file(from, name, row)
	if fault.CodeOf(err) == "sftp.newer" {
		if made, missed := l.file(to, target, row); missed == nil && made {
			return nil // the move was made before, and a new file has come since
		}
	}
	if err != nil {
		return unapplied(err)
	}
	moved, err := l.there(to, target)
	switch {
	case err != nil:
		return unapplied(err)
	case !source && moved, from == to && source:
		return nil
	case !source:
		return fault.New("sftp.missing", "%s is not there", name).Classed(fault.Data).Unapplied()
	case moved:
		return exists(target)
	}
	if err := l.Rename(from, to); err != nil {
		return l.told(err, name)
	}
	return nil
}

// file tells whether a file is there that may be moved or deleted: where the row says
// when it was modified, still the same one. A newer one under the name was not read yet.
func (l *line) file(at, name string, row item.Value) (bool, error) {
	info, err := l.Lstat(at)
	if err != nil {
		if f := l.told(err, name); f.Code != "sftp.missing" {
			return false, f
		}
		return false, nil
	}
	if info.IsDir() {
		return false, fault.New("sftp.is_folder", "%s is a folder, and only files are moved and deleted", name).Classed(fault.Data).Unapplied()
	}
	known := row.Field("modified").Text()
	if known == "" {
		return true, nil
	}
	then, err := time.Parse(time.RFC3339, known)
	if err != nil {
		return false, fault.New("sftp.time_invalid", "%q is no time such as 2026-03-05T11:59:00Z", known).At("modified").Classed(fault.Data).Unapplied().
			Hinted("map modified of the files, or _modified of their rows")
	}
	if info.ModTime().Unix() != then.Unix() {
		return false, fault.New("sftp.newer", "%s was modified at %s and is not the file that was read", name, moment(info.ModTime().Unix())).At("modified").Classed(fault.Data).Unapplied().
			Hinted("the new file is read by a later run; skip this document")
	}
	return true, nil
}

// remove deletes a file. One that is not there was deleted before.
func (l *line) remove(row item.Value, name string) error {
	at, err := l.place(name)
	if err != nil {
		return unapplied(err)
	}
	there, err := l.file(at, name, row)
	if err != nil {
		return unapplied(err)
	}
	if !there {
		return nil
	}
	err = l.Remove(at)
	if err == nil {
		return nil
	}
	if f := l.told(err, name); f.Code != "sftp.missing" {
		return f
	}
	return nil
}

// Probe implements connector.Prober.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if req.Operation != opCreate {
		return nil, unknown(req.Operation)
	}
	found, started := make([]connector.Found, len(req.Keys)), s.clock()
	err := s.with(ctx, func(l *line) error {
		for i, key := range req.Keys {
			name, err := relative(key)
			if err != nil {
				continue // no file has such a path; the write refuses it
			}
			at, err := l.place(name)
			if f := fault.From(err); f != nil {
				if slices.Contains([]string{"sftp.missing", "sftp.not_a_folder", "sftp.path_refused"}, f.Code) {
					continue
				}
				return f
			}
			there, err := l.there(at, name)
			if err != nil {
				return err
			}
			if there {
				found[i] = connector.Found{Exists: true, ID: name, Number: name, Object: append(item.AppendText([]byte(`{"path":`), name), '}')}
			}
		}
		return nil
	})
	s.trace(ctx, "probe", nil, started, err)
	if err != nil {
		return nil, err
	}
	return found, nil
}
