package server

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/reply"
	"rapporteur/server/sheet"
	"rapporteur/server/web"
)

// versionViews lists the versions of a document, newest first, none where there is only one.
func versionViews(language string, d qa.Document, versions []qa.Version, shown qa.VersionID, writable bool) []web.VersionView {
	if len(versions) < 2 {
		return nil
	}
	var out []web.VersionView
	for _, v := range versions {
		view := web.VersionView{
			ID: string(v.ID), Date: v.CreatedAt, Report: reply.ReportURL(d.ID, v.ID),
			Live: v.ID == d.Live, Shown: v.ID == shown, Restorable: writable && v.State == qa.StateSuperseded,
		}
		switch {
		case view.Live:
			view.State = locale.Sentence(language, "page_version_live")
		case v.State == qa.StateSuperseded:
			view.State = locale.Sentence(language, "page_version_earlier")
		default:
			view.State = locale.Sentence(language, "page_state_"+string(v.State))
		}
		if v.State == qa.StateLive || v.State == qa.StateSuperseded {
			view.URL = sheet.URL(d.ID, 1, url.Values{"version": {string(v.ID)}})
		}
		out = append(out, view)
	}
	return out
}

// rollback puts an earlier version back in force and shows the versions as they then are.
func (p *pages) rollback(c *gin.Context) {
	owner, err := p.principal(c)
	if err != nil {
		p.fail(c, err)
		return
	}
	ctx := c.Request.Context()
	version := c.PostForm("version")
	d, _, err := p.Server.document(ctx, c.Param("id"))
	switch {
	case err != nil:
	case !mayWrite(owner, d):
		err = qa.E(qa.Forbidden, "read_only_key")
	case version == "" || len(version) > maxID:
		err = qa.E(qa.NotFound, "version_unknown")
	default:
		_, err = p.Versions.Rollback(ctx, owner.Write, d.ID, qa.VersionID(version))
	}
	if err != nil {
		p.fail(c, unknownDocument(err))
		return
	}
	c.Redirect(http.StatusSeeOther, addressOf("/library/"+url.PathEscape(string(d.ID)), url.Values{"notice": {"restored"}}))
}
