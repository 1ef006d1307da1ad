package bulkstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
)

// takeable is what a job that can be gone on with satisfies.
const takeable = "open = 1 AND state IN ('running','cancelled') AND (owner = '' OR lease_until <= ?)"

// Take implements bulk.Store.
func (s *Store) Take(ctx context.Context, owner string, now, until ledger.Millis) (bulk.Job, bulk.Claim, bool, error) {
	listed, err := store.Scan(s.db.Read(ctx), store.Column[ledger.ID], "SELECT id FROM bulk_job WHERE "+takeable+" ORDER BY updated_at, id LIMIT 1", now)
	if err != nil || len(listed) == 0 {
		return bulk.Job{}, bulk.Claim{}, false, err
	}
	var job bulk.Job
	var claim bulk.Claim
	var taken bool
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		taken = false
		res := tx.Exec("UPDATE bulk_job SET owner = ?, fence = fence + 1, lease_until = ? WHERE id = ? AND "+takeable, owner, until, listed[0], now)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		claim = bulk.Claim{Job: listed[0], Owner: owner}
		taken = true
		if err := tx.Raw("SELECT fence FROM bulk_job WHERE id = ?", listed[0]).Scan(&claim.Fence).Error; err != nil {
			return err
		}
		var err error
		job, err = store.One(store.Scan(tx, scan, "SELECT "+columns+" FROM bulk_job WHERE id = ?", listed[0]))
		return err
	})
	return job, claim, taken && err == nil, err
}

// Documents implements bulk.Store.
func (s *Store) Documents(ctx context.Context, job ledger.ID, part int) ([]document.Chosen, map[ledger.ID]bool, error) {
	text, err := store.One(store.Scan(s.db.Read(ctx), store.Column[[]byte], "SELECT docs FROM bulk_part WHERE job_id = ? AND part_no = ?", job, part))
	if err != nil {
		return nil, nil, err
	}
	var packets [][]json.RawMessage // of four parts where a version before this one wrote them
	if err := json.Unmarshal(text, &packets); err != nil {
		return nil, nil, err
	}
	docs, ids := make([]document.Chosen, len(packets)), make([]ledger.ID, len(packets))
	for i, p := range packets {
		for n, into := range []any{&docs[i].ID, &docs[i].Rev, &docs[i].State, &docs[i].Code, &docs[i].Updated}[:min(len(p), 5)] {
			if err := json.Unmarshal(p[n], into); err != nil {
				return nil, nil, err
			}
		}
		ids[i] = docs[i].ID
	}
	acted := map[ledger.ID]bool{}
	done, err := store.Scan(s.db.Read(ctx), store.Column[ledger.ID], "SELECT document_id FROM document_action WHERE job_id = ? AND document_id IN "+store.In(len(ids)),
		store.Args([]any{job}, ids...)...)
	for _, id := range done {
		acted[id] = true
	}
	return docs, acted, err
}

// held gives the job of a claim that still holds, and locks it.
func (s *Store) held(tx *gorm.DB, claim bulk.Claim) (bulk.Job, error) {
	jobs, err := store.Scan(tx, scan, "SELECT "+columns+" FROM bulk_job WHERE id = ? AND owner = ? AND owner <> '' AND fence = ?"+s.sql.ForUpdate(), claim.Job, claim.Owner, claim.Fence)
	if err == nil && len(jobs) == 0 {
		err = ledger.ErrFenced
	}
	if err != nil {
		return bulk.Job{}, err
	}
	return jobs[0], nil
}

// Commit implements bulk.Store.
func (s *Store) Commit(ctx context.Context, claim bulk.Claim, part bulk.Part, now, until ledger.Millis) (bulk.Job, error) {
	var job bulk.Job
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		var err error
		if job, err = s.held(tx, claim); err != nil {
			return err
		}
		if job.NextPart != part.No {
			return ledger.ErrFenced
		}
		rows := make([][]any, len(part.Refused))
		for i, r := range part.Refused {
			rows[i] = []any{job.ID, r.Document, store.Cut(r.Code, 64), store.Null(store.CutText(r.Message)), store.NullArgs(r.Args)}
		}
		refusals := store.Table{Name: "bulk_refusal", Key: "job_id,document_id", Columns: []string{"job_id", "document_id", "code", "message", "args"}}
		if err := s.sql.Put(tx, refusals, rows); err != nil {
			return err
		}
		job.NextPart, job.Done, job.Refused = job.NextPart+1, job.Done+part.Done, job.Refused+len(part.Refused)
		job.Code, job.Updated = "", now
		if job.NextPart == job.Parts && job.State != bulk.Cancelled {
			job.State, job.Open, job.Ended = bulk.Done, false, now
		}
		if err := tx.Exec("DELETE FROM bulk_part WHERE job_id = ? AND part_no = ?", job.ID, part.No).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE bulk_job SET next_part = ?, done = ?, refused = ?, code = '', updated_at = ?, state = ?, open = ?, ended_at = ?, lease_until = ? WHERE id = ?",
			job.NextPart, job.Done, job.Refused, job.Updated, job.State, store.Bit(job.Open), job.Ended, until, job.ID).Error
	})
	return job, err
}

// Give implements bulk.Store.
func (s *Store) Give(ctx context.Context, claim bulk.Claim, code string, now ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		job, err := s.held(tx, claim)
		if err == ledger.ErrFenced { //nolint:errorlint // held gives the sentinel itself
			return nil
		}
		if err != nil {
			return err
		}
		if job.State == bulk.Cancelled && job.Open {
			if err := s.close(tx, job, now); err != nil {
				return err
			}
		}
		// Who waited longest is taken up next.
		return tx.Exec("UPDATE bulk_job SET owner = '', lease_until = 0, code = ?, updated_at = ? WHERE id = ?", store.Cut(code, 64), now, job.ID).Error
	})
}

// close counts what a cancelled job did, also where its process was gone in the middle of
// a packet, and ends it.
func (s *Store) close(tx *gorm.DB, job bulk.Job, now ledger.Millis) error {
	counts, err := store.Scan(tx, func(rows *sql.Rows) ([2]int, error) {
		var n [2]int
		return n, rows.Scan(&n[0], &n[1])
	}, "SELECT (SELECT COUNT(*) FROM document_action WHERE job_id = ?), (SELECT COUNT(*) FROM bulk_refusal WHERE job_id = ?)", job.ID, job.ID)
	if err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM bulk_part WHERE job_id = ?", job.ID).Error; err != nil {
		return err
	}
	return tx.Exec("UPDATE bulk_job SET done = ?, refused = ?, open = 0, ended_at = ? WHERE id = ?", counts[0][0], counts[0][1], now, job.ID).Error
}
