package locale

import (
	"fmt"
	"strconv"
	"strings"
)

// ingestSentences are the verdicts on a file: what became of it, and what to do when it could not be
// read. A sentence with counts has a code of its own ending in "_pages"; Verdict chooses it.
var ingestSentences = map[string]entry{
	"ingested": {
		fr: "Document lu : vous pouvez l’interroger.",
		en: "Document read: you can ask about it.",
	},
	"unchanged": {
		fr: "Ce fichier est déjà dans la bibliothèque, à l’identique : rien n’a changé.",
		en: "This very file is already in the library: nothing changed.",
	},
	"new_version": {
		fr: "Nouvelle version lue : elle remplace la précédente.",
		en: "New version read: it replaces the previous one.",
	},
	"no_text": {
		fr: "Ce fichier ne contient pas de texte lisible : c’est sans doute une numérisation. Pour qu’elle soit lue, installez tesseract-ocr et tesseract-ocr-fra sur la machine qui fait tourner Rapporteur, puis déposez-la à nouveau ; s’ils y sont déjà, c’est que rien n’a pu être reconnu.",
		en: "This file holds no readable text: it is probably a scan. To have it read, install tesseract-ocr and tesseract-ocr-fra on the machine that runs Rapporteur, then add it again; if they are there already, nothing could be recognised.",
	},
	"no_text_pages": {
		fr: "Ce fichier ne contient pas de texte lisible (%s) : c’est sans doute une numérisation. Pour qu’elle soit lue, installez tesseract-ocr et tesseract-ocr-fra sur la machine qui fait tourner Rapporteur, puis déposez-la à nouveau ; s’ils y sont déjà, c’est que rien n’a pu être reconnu.",
		en: "This file holds no readable text (%s): it is probably a scan. To have it read, install tesseract-ocr and tesseract-ocr-fra on the machine that runs Rapporteur, then add it again; if they are there already, nothing could be recognised.",
	},
	"partly_no_text": {
		fr: "Document lu, mais certaines pages sont sans texte : ce sont sans doute des images, qui ne seront pas trouvées. Une reconnaissance de caractères (OCR) les rendrait lisibles.",
		en: "Document read, but some pages hold no text: they are probably images and will not be found. Character recognition (OCR) would make them readable.",
	},
	"partly_no_text_pages": {
		fr: "Document lu, mais %s sans texte : %s. Ce sont sans doute des images, qui ne seront pas trouvées ; une reconnaissance de caractères (OCR) les rendrait lisibles.",
		en: "Document read, but %s without text: %s. They are probably images and will not be found; character recognition (OCR) would make them readable.",
	},
	"encrypted": {
		fr: "Ce fichier est protégé par un mot de passe. Déposez-le à nouveau en donnant son mot de passe, qui ne sera pas conservé, ou enregistrez-en une copie sans mot de passe.",
		en: "This file is protected by a password. Add it again with its password, which will not be kept, or save a copy without a password.",
	},
	"bad_password": {
		fr: "Ce mot de passe n’ouvre pas le fichier. Vérifiez-le, majuscules comprises, puis déposez à nouveau le fichier. Rien n’a été conservé.",
		en: "This password does not open the file. Check it, capitals included, then add the file again. Nothing was kept.",
	},
	"damaged": {
		fr: "Ce fichier est endommagé ou incomplet. Ouvrez-le dans son logiciel d’origine, enregistrez-le à nouveau, puis déposez-le.",
		en: "This file is damaged or incomplete. Open it in the program that made it, save it again, then add it.",
	},
	"too_large": {
		fr: "Ce fichier dépasse la taille acceptée. Découpez-le en plusieurs fichiers, ou demandez à l’administrateur de relever la limite.",
		en: "This file is larger than accepted. Split it into several files, or ask the administrator to raise the limit.",
	},
	"too_large_unpacked": {
		fr: "Le contenu de ce fichier dépasse, une fois décompressé, la taille acceptée. Vérifiez d’où il vient ; s’il est légitime, allégez-le ou découpez-le.",
		en: "Once unpacked, the content of this file is larger than accepted. Check where it comes from; if it is genuine, lighten or split it.",
	},
	"unsupported_type": {
		fr: "Ce type de fichier n’est pas pris en charge. Déposez un fichier PDF, DOCX, ODT, PPTX, XLSX, CSV, EPUB, RTF, EML, HTML, Markdown ou texte.",
		en: "This type of file is not supported. Add a PDF, DOCX, ODT, PPTX, XLSX, CSV, EPUB, RTF, EML, HTML, Markdown or text file.",
	},
	"type_mismatch": {
		fr: "Le contenu de ce fichier ne correspond pas à son extension et n’est pas d’un type pris en charge. Vérifiez le fichier, puis déposez un PDF, DOCX, ODT, PPTX, XLSX, CSV, EPUB, RTF, EML, HTML, Markdown ou texte.",
		en: "The content of this file does not match its extension and is not of a supported type. Check the file, then add a PDF, DOCX, ODT, PPTX, XLSX, CSV, EPUB, RTF, EML, HTML, Markdown or text file.",
	},
	"resource_limit": {
		fr: "La lecture de ce fichier demande trop de mémoire ou de temps : elle a été arrêtée. Simplifiez-le ou découpez-le, puis déposez-le à nouveau.",
		en: "Reading this file takes too much memory or time: it was stopped. Simplify or split it, then add it again.",
	},
	"gone": {
		fr: "Ce document vient de ce dossier et ne s’y trouve plus. Il répond encore aux questions ; l’option --prune le retire.",
		en: "This document came from this folder and is no longer in it. It still answers questions; the option --prune removes it.",
	},
	"gone_removed": {
		fr: "Ce document n’était plus dans son dossier : il a été retiré, et tout ce qui venait de lui effacé.",
		en: "This document was no longer in its folder: it was removed, and all that came from it erased.",
	},
	"file_unreadable": {
		fr: "Ce fichier ne peut pas être ouvert. Vérifiez vos droits de lecture, puis recommencez.",
		en: "This file cannot be opened. Check that you may read it, then try again.",
	},
	"folder_unreadable": {
		fr: "Ce dossier ne peut pas être parcouru. Vérifiez vos droits de lecture, puis recommencez.",
		en: "This folder cannot be listed. Check that you may read it, then try again.",
	},
	"document_canceled": {
		fr: "La lecture de ce fichier a été annulée : déposez-le à nouveau pour qu’il soit lu.",
		en: "The reading of this file was cancelled: add it again to have it read.",
	},
	"summary_gone": {
		fr: "%d document(s) absent(s) du dossier, encore en service : --prune les retire.",
		en: "%d document(s) gone from the folder, still in service: --prune removes them.",
	},
	"summary_removed": {
		fr: "%d document(s) absent(s) du dossier, retiré(s).",
		en: "%d document(s) gone from the folder, removed.",
	},
	"prune_without_folder": {
		fr: "--prune compare un dossier à ce qui en est venu : indiquez le dossier lui-même.",
		en: "--prune compares a folder with what came from it: give the folder itself.",
	},
	"prune_not_whole": {
		fr: "Une partie du dossier n’a pas pu être parcourue : rien n’a été retiré, car ce qui semble absent s’y trouve peut-être.",
		en: "Part of the folder could not be listed: nothing was removed, because what seems gone may be there.",
	},
	"prune_empty": {
		fr: "Le dossier ne contient aucun fichier : rien n’a été retiré. Vérifiez que le disque est bien monté ; s’il est vraiment vide, retirez les documents avec « documents remove ».",
		en: "The folder holds no file: nothing was removed. Check that the disk is mounted; if it is really empty, remove the documents with \"documents remove\".",
	},
	"gave_up": {
		fr: "La lecture de ce fichier a échoué trois fois ; elle n’est plus tentée. Déposez-le à nouveau ; si l’échec se répète, signalez-le à l’administrateur, qui en trouvera la cause dans le journal.",
		en: "Reading this file failed three times; it is no longer tried. Add it again; if it fails again, report it to the administrator, who will find the cause in the log.",
	},
	"empty": {
		fr: "Ce fichier est vide. Vérifiez-le, puis déposez-le à nouveau.",
		en: "This file is empty. Check it, then add it again.",
	},
}

// maxPagesNamed is how many page numbers a sentence lists before it stops with an ellipsis.
const maxPagesNamed = 20

// Verdict gives the sentence of the verdict on one file. pages is its number of physical pages (0 where
// the format has none) and without lists those that hold no text; they are named when they matter.
func Verdict(language, code string, pages int, without []int) string {
	switch {
	case code == "no_text" && pages > 0:
		return Sentence(language, "no_text_pages", pageCount(pages))
	case code == "partly_no_text" && len(without) > 0:
		return Sentence(language, "partly_no_text_pages", pageCount(len(without)), pageList(without))
	case code == "canceled":
		return Sentence(language, "document_canceled")
	}
	return Sentence(language, code)
}

// pageCount is right in French and in English: both write "1 page" and "2 pages".
func pageCount(n int) string {
	if n == 1 {
		return "1 page"
	}
	return fmt.Sprintf("%d pages", n)
}

func pageList(pages []int) string {
	var names []string
	for i, p := range pages {
		if i == maxPagesNamed {
			names = append(names, "…")
			break
		}
		names = append(names, strconv.Itoa(p))
	}
	return strings.Join(names, ", ")
}
