package jobs

import (
	"context"
	"slices"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// fenced is River's driver with one thing added: a process ends only the jobs that it holds. Without that, one that
// wakes late would end the job under the hands of who took it over, and a third could take it at once.
type fenced struct {
	*riverpgxv5.Driver
	id string // of this process
}

// GetExecutor gives what River sends its statements with.
func (d fenced) GetExecutor() riverdriver.Executor {
	return fencedExecutor{d.Driver.GetExecutor(), d.id}
}

type fencedExecutor struct {
	riverdriver.Executor
	id string
}

// JobSetStateIfRunningMany ends those of the jobs that this process holds, and leaves the others alone.
func (e fencedExecutor) JobSetStateIfRunningMany(ctx context.Context, p *riverdriver.JobSetStateIfRunningManyParams) (rows []*rivertype.JobRow, err error) {
	tx, err := e.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback(context.WithoutCancel(ctx)) // the error that counts is the one before
		}
	}()
	var mine []int64
	err = tx.QueryRow(ctx, `SELECT coalesce(array_agg(id), '{}') FROM (SELECT id FROM river_job WHERE id = ANY($1) AND state = 'running' AND `+holder+` = $2
		ORDER BY id FOR UPDATE) held`, p.ID, e.id).Scan(&mine)
	if err != nil {
		return nil, err
	}
	if rows, err = tx.JobSetStateIfRunningMany(ctx, only(p, mine)); err != nil {
		return nil, err
	}
	return rows, tx.Commit(ctx)
}

// only gives the part of p that is about some jobs.
func only(p *riverdriver.JobSetStateIfRunningManyParams, ids []int64) *riverdriver.JobSetStateIfRunningManyParams {
	out := &riverdriver.JobSetStateIfRunningManyParams{Now: p.Now, Schema: p.Schema}
	for i, id := range p.ID {
		if !slices.Contains(ids, id) {
			continue
		}
		out.ID = append(out.ID, id)
		out.Attempt = append(out.Attempt, p.Attempt[i])
		out.ErrData = append(out.ErrData, p.ErrData[i])
		out.FinalizedAt = append(out.FinalizedAt, p.FinalizedAt[i])
		out.MetadataDoMerge = append(out.MetadataDoMerge, p.MetadataDoMerge[i])
		out.MetadataUpdates = append(out.MetadataUpdates, p.MetadataUpdates[i])
		out.ScheduledAt = append(out.ScheduledAt, p.ScheduledAt[i])
		out.State = append(out.State, p.State[i])
	}
	return out
}
