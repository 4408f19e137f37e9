// Command rapporteur answers questions about your reports, and shows the exact sentence and page
// that proves each answer. This package alone knows all concrete types; wire.go joins them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"rapporteur/internal/config"
	"rapporteur/locale"
	"rapporteur/qa"
)

// commandLine is every command; a command's fields are its flags.
type commandLine struct {
	settings
	Demo      demoCommand      `cmd:"" help:"${help_demo}"`
	Serve     serveCommand     `cmd:"" help:"${help_serve}"`
	Ingest    ingestCommand    `cmd:"" help:"${help_ingest}"`
	Ask       askCommand       `cmd:"" help:"${help_ask}"`
	Search    searchCommand    `cmd:"" help:"${help_search}"`
	Documents documentsCommand `cmd:"" help:"${help_documents}"`
	Embed     embedCommand     `cmd:"" help:"${help_embed}"`
	Reindex   reindexCommand   `cmd:"" help:"${help_reindex}"`
	Eval      evalCommand      `cmd:"" help:"${help_eval}"`
	Opinions  feedbackCommand  `cmd:"" name:"feedback" help:"${help_feedback}"`
	Models    modelsCommand    `cmd:"" help:"${help_models}"`
	Key       keyCommand       `cmd:"" help:"${help_key}"`
	Erase     eraseCommand     `cmd:"" help:"${help_erase}"`
	Backup    backupCommand    `cmd:"" help:"${help_backup}"`
	Restore   restoreCommand   `cmd:"" help:"${help_restore}"`
	Doctor    doctorCommand    `cmd:"" help:"${help_doctor}"`
	Health    healthCommand    `cmd:"" help:"${help_health}"`
	Version   versionCommand   `cmd:"" help:"${help_version}"`
	PDFReader pdfReaderCommand `cmd:"" name:"pdf-reader" hidden:""`
}

// terminal is where a command reads and writes; tests give their own.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	language string
}

// say writes the sentence of code to the error stream, where progress and notices go.
func (t terminal) say(code string, args ...any) {
	fmt.Fprintln(t.err, locale.Sentence(t.language, code, args...))
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	term := terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	code := run(ctx, os.Args[1:], term)
	stop()
	os.Exit(code)
}

// run parses the arguments, runs one command and gives the exit code.
func run(ctx context.Context, args []string, term terminal) int {
	term.language = languageOf(args, os.LookupEnv)
	var line commandLine
	parser, err := newParser(&line, args, term)
	if err != nil {
		term.say("settings_wrong", err)
		return exitCode(qa.Invalid)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		var wrong *kong.ParseError
		if errors.As(err, &wrong) {
			term.say("usage_wrong", err)
		} else {
			term.say("settings_wrong", err)
		}
		return exitCode(qa.Invalid)
	}
	line.Language = term.language // found before parsing, from the locale too
	parsed.BindTo(ctx, (*context.Context)(nil))
	return report(parsed.Run(&line.settings, term), term)
}

func newParser(line *commandLine, args []string, term terminal) (*kong.Kong, error) {
	path, required := configFile(args, os.LookupEnv)
	file, err := config.Open(path, required, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	return kong.New(line,
		kong.Name("rapporteur"),
		kong.Description(locale.Sentence(term.language, "help_app")),
		kong.Vars(helpTexts(term.language)),
		kong.Groups{config.Group: locale.Sentence(term.language, "help_settings")},
		kong.Resolvers(file),
		kong.Writers(term.out, term.err),
		kong.Help(localisedHelp(term.language)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ShortUsageOnError(),
	)
}

// helpTexts are the sentences of the flags and commands in one language.
func helpTexts(language string) kong.Vars {
	vars := kong.Vars{}
	for _, code := range locale.Codes("help_") {
		vars[code] = locale.Sentence(language, code)
	}
	return vars
}

// localisedHelp prints kong's help with its fixed words in the language of the rest.
func localisedHelp(language string) kong.HelpPrinter {
	return func(o kong.HelpOptions, c *kong.Context) error {
		if language == locale.English {
			return kong.DefaultHelpPrinter(o, c)
		}
		out := c.Stdout
		var text strings.Builder
		c.Stdout = &text
		err := kong.DefaultHelpPrinter(o, c)
		c.Stdout = out
		_, werr := io.WriteString(out, strings.NewReplacer(
			"Usage:", "Utilisation :", "Commands:", "Commandes :", "Flags:", "Options :", "Arguments:", "Arguments :",
			"Show context-sensitive help.", "Affiche cette aide.",
			`for more information on a command.`, `pour l’aide d’une commande.`, "Run \"", "Tapez « ", "--help\"", "--help »",
			"[flags]", "[options]", "<command>", "<commande>",
		).Replace(text.String()))
		return errors.Join(err, werr)
	}
}

// report prints an error as a sentence and gives the exit code.
func report(err error, term terminal) int {
	if err == nil {
		return 0
	}
	kind := qa.KindOf(err)
	var e *qa.Error
	switch {
	case errors.Is(err, errNotSaid), errors.Is(err, errNotAllRead), errors.Is(err, errUnwell):
		return exitCode(kind) // the command has said it all
	case errors.As(err, &e) && locale.Known(e.Code):
		term.say(e.Code, e.Args...)
	default:
		term.say(qa.CodeOf(err))
	}
	if kind == qa.Internal {
		fmt.Fprintln(term.err, err)
	}
	return exitCode(kind)
}

// exitCode is the table of exit statuses; scripts rely on it (docs/errors.md).
func exitCode(k qa.Kind) int {
	switch k {
	case qa.Invalid, qa.TooLarge, qa.Unsupported, qa.Unprocessable:
		return 2
	case qa.NotFound:
		return 3
	case qa.Unauthenticated, qa.Forbidden:
		return 4
	case qa.Conflict:
		return 5
	case qa.Exhausted, qa.Unavailable, qa.NoSpace:
		return 6
	case qa.Canceled:
		return 130
	}
	return 1
}
