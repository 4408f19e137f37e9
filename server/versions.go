package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapporteur/qa"
	"rapporteur/server/wire"
)

// Versions says which version of a document is in force. Rollback makes a superseded one live again: NotFound
// version_unknown, Conflict version_not_superseded. Cancel ends the work on one that is on its way: Conflict
// nothing_to_cancel.
type Versions interface {
	Rollback(ctx context.Context, scope qa.Scope, d qa.DocumentID, v qa.VersionID) (qa.Document, error)
	Cancel(ctx context.Context, scope qa.Scope, d qa.DocumentID) (qa.VersionID, error)
}

// RollbackRequest is the body of POST /documents/{id}/rollback.
type RollbackRequest struct {
	Version string `json:"version" minLength:"1" doc:"a version that was in force before"`
}

// changeInput is a document, and a body that the operation reads itself.
type changeInput struct {
	rawInput
	ID string `path:"id"`
}

func rollbackOperation() huma.Operation {
	return huma.Operation{
		Method: http.MethodPost, Path: "/documents/{id}/rollback", OperationID: "roll-back",
		Summary: "Put an earlier version back in force", DefaultStatus: http.StatusOK,
	}
}

func (s *Server) handleRollback(ctx context.Context, in *changeInput) (*documentOutput, error) {
	return s.change(ctx, in.ID, func(p qa.Principal, d qa.Document) error {
		var r RollbackRequest
		if err := s.readJSON(in.c, &r); err != nil {
			return err
		}
		if r.Version == "" {
			return qa.E(qa.Invalid, "field_invalid", "version")
		}
		if len(r.Version) > maxID {
			return qa.E(qa.NotFound, "version_unknown")
		}
		_, err := s.Versions.Rollback(ctx, p.Write, d.ID, qa.VersionID(r.Version))
		return err
	})
}

func cancelOperation() huma.Operation {
	return huma.Operation{
		Method: http.MethodPost, Path: "/documents/{id}/cancel", OperationID: "cancel-document",
		Summary: "Stop the reading of a document", DefaultStatus: http.StatusOK,
		Description: "Ends the work on its newest version that is not yet in force; the version in force stays so.",
	}
}

func (s *Server) handleCancel(ctx context.Context, in *documentInput) (*documentOutput, error) {
	return s.change(ctx, in.ID, func(p qa.Principal, d qa.Document) error {
		_, err := s.Versions.Cancel(ctx, p.Write, d.ID)
		return err
	})
}

// change does something to a document that the principal may write, and gives it as it then is.
func (s *Server) change(ctx context.Context, id string, do func(p qa.Principal, d qa.Document) error) (*documentOutput, error) {
	d, _, err := s.document(ctx, id)
	if err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	if !mayWrite(p, d) {
		return nil, qa.E(qa.Forbidden, "read_only_key")
	}
	if err := do(p, d); err != nil {
		return nil, unknownDocument(err)
	}
	d, versions, err := s.document(ctx, id)
	if err != nil {
		return nil, err
	}
	return &documentOutput{Body: wire.NewDocumentDetail(d, versions)}, nil
}
