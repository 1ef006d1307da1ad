package trial

import (
	"context"

	"github.com/karezflow/karez/engine/cases"
	"github.com/karezflow/karez/server/access"
)

// RunCases runs the tests that are written into a document: all, or those of one
// node. No connection is opened and nothing is stored. A test that fails, or can't
// be run, is no error.
func (s *Service) RunCases(ctx context.Context, document []byte, nodeID string) ([]cases.Result, error) {
	caller, err := access.Here(ctx, access.Edit)
	if err != nil {
		return nil, err
	}
	doc, err := read(document)
	if err != nil {
		return nil, err
	}
	return cases.Run(ctx, doc, nodeID, s.Compiler.Options(ctx, caller.Workspace))
}
