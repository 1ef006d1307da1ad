package runledger

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

// ProblemGroups gives why documents of a run stand still, the largest group first.
func (s *Store) ProblemGroups(ctx context.Context, run ledger.ID) ([]ledger.ProblemGroup, error) {
	tx := s.db.Read(ctx)
	groups, err := store.Scan(tx, func(rows *sql.Rows) (ledger.ProblemGroup, error) {
		var g ledger.ProblemGroup
		var message, args sql.NullString
		err := rows.Scan(&g.State, &g.Code, &message, &args, &g.Documents)
		g.Message, g.Args = message.String, store.ReadArgs(args)
		return g, err
	}, "SELECT g.state, g.code, p.message, p.args, g.n FROM (SELECT d.state AS state, p.code AS code, MIN(p.document_id) AS doc, COUNT(*) AS n"+
		" FROM problem p JOIN document d ON d.id = p.document_id WHERE d.run_id = ? GROUP BY d.state, p.code) g"+
		" JOIN problem p ON p.document_id = g.doc ORDER BY g.n DESC, g.state, g.code", run)
	if err != nil {
		return nil, err
	}
	for i := range groups {
		if groups[i].Examples, err = examples(tx, run, groups[i]); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// examples gives the numbers, or keys, of a few documents of a group.
func examples(tx *gorm.DB, run ledger.ID, g ledger.ProblemGroup) ([]string, error) {
	return store.Scan(tx, func(rows *sql.Rows) (string, error) {
		var number, key string
		err := rows.Scan(&number, &key)
		if number == "" {
			return key, err
		}
		return number, err
	}, "SELECT d.number, d.doc_key FROM problem p JOIN document d ON d.id = p.document_id WHERE d.run_id = ? AND d.state = ? AND p.code = ? ORDER BY d.id LIMIT 3", run, g.State, g.Code)
}
