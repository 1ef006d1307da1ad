package files

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/rows"
	"github.com/karezflow/karez/server/access"
)

// mostPreview is how many records a preview shows.
const mostPreview = 20

// Preview is what a file node would read first.
type Preview struct {
	// Name is the file that is shown, "" where there is none.
	Name string
	// What was found out of it; see rows.File.
	Format, Encoding, Delimiter string
	Sheets                      []string
	// Rows are its first records, and More says that there are others behind them.
	Rows []json.RawMessage
	More bool
	// Fault is why it can't be read, or not further.
	Fault *fault.Fault
	// Folder is where a folder lies on the server, and Files are those in it that fit.
	Folder string
	Files  []Entry
}

// Preview reads the first records that a node with these settings would give: of the
// uploaded file, or of the file in the folder that is the next to be read.
func (s *Service) Preview(ctx context.Context, settings []byte) (Preview, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Preview{}, err
	}
	spec := ReadSpec(settings)
	if spec.From == FromFolder {
		return s.previewFolder(p.Workspace, spec)
	}
	if spec.File == "" {
		return Preview{}, nil
	}
	f, err := s.Store.Named(ctx, p.Workspace, spec.File)
	if errors.Is(err, ledger.ErrNotFound) {
		return Preview{Fault: missing(spec.File)}, nil
	}
	if err != nil {
		return Preview{}, err
	}
	in, err := s.content(f)
	if err != nil {
		return Preview{}, err
	}
	defer func() { _ = in.Close() }() // it was only read
	return look(in, f.Size, f.Name, spec.Spec)
}

func (s *Service) previewFolder(workspace ledger.ID, spec Spec) (Preview, error) {
	if spec.Folder == "" {
		return Preview{}, nil
	}
	root, err := s.folder(workspace, spec.Folder)
	if err != nil {
		return Preview{Fault: fault.From(err)}, nil
	}
	defer func() { _ = root.Close() }() // it was only read
	all, err := s.list(root, spec.Pattern)
	if err != nil {
		return Preview{Fault: fault.From(err)}, nil
	}
	var view Preview
	if len(all) > 0 {
		if view, err = lookIn(root, all[0].Name, spec); err != nil {
			return Preview{}, err
		}
	}
	view.Folder, view.Files = s.FolderPath(workspace, spec.Folder), all
	return view, nil
}

func lookIn(root *os.Root, name string, spec Spec) (Preview, error) {
	in, err := root.Open(name)
	if err != nil {
		return Preview{Name: name, Fault: fault.Wrap(err, "file.unopened", "the file can't be read").Classed(fault.Data)}, nil
	}
	defer func() { _ = in.Close() }() // it was only read
	info, err := in.Stat()
	if err != nil {
		return Preview{}, err
	}
	return look(in, info.Size(), name, spec.Spec)
}

// look reads the first records of a file.
func look(in io.ReaderAt, size int64, name string, spec rows.Spec) (Preview, error) {
	view := Preview{Name: name}
	f, err := rows.Open(in, size, name, spec)
	if fault.CodeOf(err) == "sheet.missing" { // then those that there are help
		if other, err := rows.Open(in, size, name, rows.Spec{Format: spec.Format}); err == nil {
			view.Format, view.Sheets = other.Format, other.Sheets
		}
	}
	if err != nil {
		return view.with(err)
	}
	view.Format, view.Encoding, view.Delimiter, view.Sheets = f.Format, f.Encoding, f.Delimiter, f.Sheets
	for row, err := range f.Rows() {
		if err != nil {
			return view.with(err)
		}
		if view.More = len(view.Rows) == mostPreview; view.More {
			break
		}
		view.Rows = append(view.Rows, row.Body)
	}
	return view, nil
}

// with puts a file's fault into the view; what is none of the file's is an error.
func (p Preview) with(err error) (Preview, error) {
	f, coded := errors.AsType[*fault.Fault](err)
	if !coded {
		return p, err
	}
	p.Fault = f
	return p, nil
}

func missing(name string) *fault.Fault {
	return fault.New("file.missing", "there is no file %s", name).At("file").Classed(fault.Config).Hinted("upload it, or choose another one in the file node")
}
