package retentionstore

import (
	"context"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/retention"
)

// Count implements retention.Store.
func (s *Store) Count(ctx context.Context, workspace ledger.ID, old retention.Old, most int) (map[retention.Class]int, error) {
	counts := map[retention.Class]int{}
	for _, q := range []struct {
		class retention.Class
		from  string
		args  []any
	}{
		{retention.Payloads, "pack x WHERE x.kind NOT IN ('call', 'errand') AND x.made_at > 0 AND x.workspace_id = ? AND x.made_at < ?", nil},
		{retention.Calls, "vendor_call x WHERE x.workspace_id = ? AND x.started_at < ?", nil},
		{retention.Posts, "hook_post x JOIN hook h ON h.id = x.hook_id WHERE h.workspace_id = ? AND x.received_at < ?", nil},
		{retention.Posts, "document_answer x JOIN document d ON d.id = x.document_id WHERE d.workspace_id = ? AND x.answered_at < ?", nil},
		{retention.Errands, "errand x WHERE x.state IN (?, ?, ?) AND x.workspace_id = ? AND x.updated_at < ?", []any{errand.Done, errand.Skipped, errand.Told}},
		{retention.Pages, "pull_page x JOIN pull_window w ON w.id = x.window_id JOIN stream s ON s.id = w.stream_id WHERE w.state <> ? AND s.workspace_id = ? AND w.updated_at < ?", []any{ledger.WindowOpen}},
	} {
		before := old.Before(workspace, q.class)
		if before == 0 || counts[q.class] >= most {
			continue
		}
		var n int
		if err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 FROM "+q.from+" LIMIT ?) counted", append(q.args, workspace, before, most-counts[q.class])...).Scan(&n).Error; err != nil {
			return nil, err
		}
		counts[q.class] += n
	}
	return counts, nil
}
