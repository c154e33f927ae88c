"""Small files in the form of public data sets: headers, marks, encodings, labels as there; made up rows."""

from tests.docs_tests.made_files import Made, jsonl, parquet, split, ten, ten_rows, tsv, zipped


def made() -> dict[str, Made]:
    """Each set by the name of its task in the page."""
    return {**_glue(), **_pairs(), **_sentiment(), **_topics(), **_toxicity()}


def _glue() -> dict[str, Made]:
    sts = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore"
    mnli = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t"
    mnli += "sentence2_parse\tsentence1\tsentence2\tlabel1"
    parses = "( a )\t( b )\t(ROOT a)\t(ROOT b)"
    return {
        "cola": Made(
            split("CoLA/train.tsv", "CoLA/dev.tsv", tsv(
                'gj04\t1\t\tThe cat purred "loudly".',
                'cj99\t0\t*\t"Who left did she say?',
                "bc01\t1\t\tJo ran.",
            )),
            [('The cat purred "loudly".', 1), ('"Who left did she say?', 0), ("Jo ran.", 1)],
        ),
        "sst2": Made(
            split("SST-2/train.tsv", "SST-2/dev.tsv", tsv(
                "sentence\tlabel", "a warm , funny film \t1", "` dull ' \t0",
            )),
            [("a warm , funny film", 1), ("` dull '", 0)],
        ),
        "mrpc": Made(
            split("MRPC/train.tsv", "MRPC/dev.tsv", tsv(
                "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String",
                '1\t702\t703\tHe said , " it was late . "\t" It was late , " he said .',
                '0\t55\t56\tShares fell .\t" Shares rose .',
                mark="\ufeff",
            )),
            [
                ('He said , " it was late . "', '" It was late , " he said .', 1),
                ("Shares fell .", '" Shares rose .', 0),
            ],
        ),
        "qqp": Made(
            split("QQP/train.tsv", "QQP/dev.tsv", tsv(
                "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
                '1\t2\t3\t"How" do I bake?\tHow does one bake "?\t1',
                "4\t5\t6\tWhat is tea",
                "7\t8\t9\tIs it far?\tIs it near?\t0",
            )),
            [('"How" do I bake?', 'How does one bake "?', 1), ("Is it far?", "Is it near?", 0)],
        ),
        "stsb": Made(
            split("STS-B/train.tsv", "STS-B/dev.tsv", tsv(
                sts,
                "0\tmain-captions\tMSRvid\t2012test\t0001\tnone\tnone\tA dog runs.\tThe dog ran.\t4.750",
                '1\tmain-news\theadlines\t2013\t0007\tnone\tnone\t"Rain stops\tSnow falls\t0.000',
            )),
            [("A dog runs.", "The dog ran.", 4.75), ('"Rain stops', "Snow falls", 0)],
        ),
        "mnli": Made(
            {
                "MNLI/train.tsv": tsv(
                    f"{mnli}\tgold_label",
                    f'0\t1\t1n\ttravel\t{parses}\tThe sea is "near.\tIt is near.\tentailment\tentailment',
                    f"1\t2\t2c\tfiction\t{parses}\tHe left.\tHe stayed.\tcontradiction\tcontradiction",
                ),
                "MNLI/dev_matched.tsv": tsv(
                    f"{mnli}\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label",
                    f'0\t1\t1n\ttravel\t{parses}\tThe sea is "near.\tIt is near.' + "\tentailment" * 6,
                    f"1\t2\t2c\tfiction\t{parses}\tHe left.\tHe stayed." + "\tcontradiction" * 6,
                ),
            },
            [('The sea is "near.', "It is near.", 0), ("He left.", "He stayed.", 2)],
        ),
        "qnli": Made(
            split("QNLI/train.tsv", "QNLI/dev.tsv", tsv(
                "index\tquestion\tsentence\tlabel",
                '0\tWho wrote it?\t"A poet wrote it\tentailment',
                '1\tWhen?\tIt was called "the long year".\tnot_entailment',
            )),
            [("Who wrote it?", '"A poet wrote it', 0), ("When?", 'It was called "the long year".', 1)],
        ),
        "rte": Made(
            split("RTE/train.tsv", "RTE/dev.tsv", tsv(
                "index\tsentence1\tsentence2\tlabel", "0\tNo one came.\tSome came.\tnot_entailment",
                "1\tTwo came.\tSome came.\tentailment",
            )),
            [("No one came.", "Some came.", 1), ("Two came.", "Some came.", 0)],
        ),
    }  # fmt: skip


def _pairs() -> dict[str, Made]:
    sick = tsv(
        "pair_ID\tsentence_A\tsentence_B\tentailment_label\trelatedness_score\tentailment_AB\tentailment_BA\t"
        "sentence_A_original\tsentence_B_original\tsentence_A_dataset\tsentence_B_dataset\tSemEval_set",
        "1\tA man sits\tA man sat\tENTAILMENT\t4.9\tA_entails_B\tB_entails_A\ta\tb\tFLICKR\tFLICKR\tTRAIN",
        "2\tA man sits\tNobody sits\tCONTRADICTION\t3.2\tA_contradicts_B\tx\ta\tb\tFLICKR\tFLICKR\tTRAIN",
        "3\tA man sits\tA man sat\tENTAILMENT\t4.9\tA_entails_B\tB_entails_A\ta\tb\tFLICKR\tFLICKR\tTRIAL",
        "4\tA man sits\tNobody sits\tCONTRADICTION\t3.2\tA_contradicts_B\tx\ta\tb\tFLICKR\tFLICKR\tTRIAL",
        "5\tA dog\tA cat\tNEUTRAL\t1\tA_neutral_B\tB_neutral_A\ta\tb\tFLICKR\tFLICKR\tTEST",
    )
    same, other = ("A man sits", "A man sat"), ("A man sits", "Nobody sits")
    snli = {
        "captionID": "1.jpg#0",
        "sentence1_parse": "(ROOT)",
        "sentence1": "Kids play.",
        "sentence2": "Fun.",
    }
    esnli = (
        "pairID,gold_label,Sentence1,Sentence2,Explanation_1,WorkerId,Sentence1_marked_1,Sentence2_marked_1,"
    )
    anli = {"model_label": "n", "emturk": True, "genre": "wikipedia", "tag": None}
    return {
        "sick_entailment": Made({"SICK/SICK.txt": sick}, [(*same, 0), (*other, 2)]),
        "sick_relatedness": Made({"SICK/SICK.txt": sick}, [(*same, 4.9), (*other, 3.2)]),
        "paws": Made(
            split("paws/train.tsv", "paws/dev.tsv", tsv(
                "id\tsentence1\tsentence2\tlabel", "1\tAnn met Bob .\tBob met Ann .\t0",
                "2\t`` It '' came first .\tFirst came `` It '' .\t1",
            )),
            [("Ann met Bob .", "Bob met Ann .", 0), ("`` It '' came first .", "First came `` It '' .", 1)],
        ),
        "snli": Made(
            split("snli_1.0/snli_1.0_train.jsonl", "snli_1.0/snli_1.0_dev.jsonl", jsonl(
                {"annotator_labels": ["neutral"], "gold_label": "neutral", **snli},
                {"annotator_labels": ["neutral", "entailment"], "gold_label": "-", **snli},
                {"annotator_labels": ["contradiction"], "gold_label": "contradiction", **snli},
            )),
            [("Kids play.", "Fun.", 1), ("Kids play.", "Fun.", 2)],
        ),
        "esnli": Made(
            split("esnli/esnli_train_1.csv", "esnli/esnli_dev.csv", tsv(
                f"{esnli}Sentence1_Highlighted_1,Sentence2_Highlighted_1",
                '1.jpg#4r1n,neutral,"A man, one.",He trains it.,"Not all\nwith a ""horse"" do.",A1,a,b,3,4',
                '2.jpg#1r1e,entailment,Kids smile.,"They are ""kids"".",They do.,A2,"a, *b*",b,"1,2",{}',
                "3.jpg#1r1e,entailment,Kids smile.,,None,A2,a,b,1,{}",
            )),
            [("A man, one.", "He trains it.", 1), ("Kids smile.", 'They are "kids".', 0)],
        ),
        "anli": Made(
            split("anli_v1.0/R1/train.jsonl", "anli_v1.0/R1/dev.jsonl", jsonl(
                {"uid": "", "context": "Café.", "hypothesis": "Tea.", "label": "n", "reason": "", **anli},
                {"uid": "b", "context": "A \"b\".", "hypothesis": "No b.", "label": "c", **anli},
            )),
            [("Café.", "Tea.", 1), ('A "b".', "No b.", 2)],
        ),
        "scitail": Made(
            split("scitail/scitail_1.0_train.tsv", "scitail/scitail_1.0_dev.tsv", tsv(
                '"Ice floats.\tIce is light.\tneutral', "Fire burns.\tFire is hot.\tentails",
            )),
            [('"Ice floats.', "Ice is light.", 1), ("Fire burns.", "Fire is hot.", 0)],
        ),
    }  # fmt: skip


def _sentiment() -> dict[str, Made]:
    stars = [f'"{n}","Good N","It ""works"", well\\\\nand long"' for n in (1, 2, 3, 4, 5)]
    amazon = tsv(*ten(*stars))
    phrases = ten("Sales rose N % in Järvenpää .@positive\r\n", 'The " firm sold N .@neutral\r\n')
    old = tsv(
        '"0","1467810369","Mon Apr 06 22:19:45 PDT 2009","NO_QUERY","ann","@bob that&quot;s sad, no?"',
        '"4","1467810370","Mon Apr 06 22:19:46 PDT 2009","NO_QUERY","bob","très ""bien"""',
        '"2","1467810371","Mon Apr 06 22:19:47 PDT 2009","NO_QUERY","cat","on a train"',
    )
    tweets = parquet(text=["@user so good", "meh \n meh"], label=[2, 1])
    films = parquet(text=["a gem .", 'not " it " .'], label=[1, 0])
    return {
        "amazon": Made(
            {"amazon_review_full_csv/train.csv": amazon, "amazon_review_full_csv/test.csv": amazon},
            ten_rows(*(('Good N It "works", well\\\\nand long', n) for n in range(5))),
        ),
        "imdb": Made(
            {"IMDB Dataset.csv": tsv(
                "review,sentiment", *ten('"One, N.<br /><br />He ""said"" so.",positive', "Dull N.,negative")
            )},
            ten_rows(('One, N.<br /><br />He "said" so.', 1), ("Dull N.", 0)),
        ),
        "sentiment140": Made(
            split(
                "sentiment140/training.1600000.processed.noemoticon.csv",
                "sentiment140/testdata.manual.2009.06.14.csv",
                old.decode().encode("latin-1"),
            ),
            [("@bob that&quot;s sad, no?", 0), ('très "bien"', 1)],
        ),
        "phrasebank": Made(
            {"FinancialPhraseBank-v1.0/Sentences_AllAgree.txt": "".join(phrases).encode("latin-1")},
            ten_rows(("Sales rose N % in Järvenpää .", 2), ('The " firm sold N .', 1)),
        ),
        "tweeteval": Made(
            split(
                "tweet_eval/sentiment/train-00000-of-00001.parquet",
                "tweet_eval/sentiment/validation-00000-of-00001.parquet",
                tweets,
            ),
            [("@user so good", 2), ("meh \n meh", 1)],
        ),
        "mr": Made(
            split("rotten_tomatoes/train.parquet", "rotten_tomatoes/validation.parquet", films),
            [("a gem .", 1), ('not " it " .', 0)],
        ),
    }  # fmt: skip


def _topics() -> dict[str, Made]:
    news = ten('"3","Wall St. falls (AP)","AP - Stocks, again,\\fell N."', '"1","A ""win""","They won N."')
    agnews = ten_rows(("Wall St. falls (AP) AP - Stocks, again,\\fell N.", 2), ('A "win" They won N.', 0))
    questions = parquet(
        text=ten("What is N ?", "Who ran N ?"), coarse_label=[1, 3] * 10, fine_label=[4, 20] * 10
    )
    subj = tsv(
        *ten(
            '{"text": "he leaves farm N .", "label": 0, "label_text": "objective"}',
            '{"text": "smart and \\" alert \\" N .", "label": 1, "label_text": "subjective"}',
        )
    )
    emotion = tsv("i feel low;sadness", "i didnt feel that, glad;joy", "i am amazed;surprise")
    return {
        "agnews": Made({"ag_news_csv/train.csv": tsv(*news), "ag_news_csv/test.csv": tsv(*news)}, agnews),
        "trec6": Made(
            {"trec/train.parquet": questions, "trec/test.parquet": questions},
            ten_rows(("What is N ?", 1), ("Who ran N ?", 3)),
        ),
        "subj": Made(
            {"subj/train.jsonl": subj, "subj/test.jsonl": subj},
            ten_rows(("he leaves farm N .", 0), ('smart and " alert " N .', 1)),
        ),
        "emotion": Made(
            split("emotion/train.txt", "emotion/val.txt", emotion),
            [("i feel low", 0), ("i didnt feel that, glad", 1), ("i am amazed", 5)],
        ),
        "spam": Made(
            {"SMSSpamCollection": tsv(*ten('ham\t"Ok, later N', "spam\tWin £N now"))},
            ten_rows(('"Ok, later N', 0), ("Win £N now", 1)),
        ),
    }


def _toxicity() -> dict[str, Made]:
    davidson = ten('0,3,0,0,3,2,"!!! RT @ann: so, ""nice"" \n&amp; N"', "1,3,0,3,0,1,no way N")
    jigsaw = ten('0000997,"""Stop"" it, please\n\nI ask, twice, N",0,0,0,0,0,0', "000103f,You N,1,0,0,0,1,0")
    civil = ten('59848,0.0,"So cool, N.",0,0,', "59849,0.8936170,What a N,0.02,0,", "59850,0.5,Rats N!,0,0,1")
    return {
        "davidson": Made(
            {"davidson/labeled_data.csv": tsv(
                ",count,hate_speech,offensive_language,neither,class,tweet", *davidson
            )},
            ten_rows(('!!! RT @ann: so, "nice" \n&amp; N', 2), ("no way N", 1)),
        ),
        "jigsaw": Made(
            {"jigsaw/train.csv.zip": zipped("train.csv", tsv(
                "id,comment_text,toxic,severe_toxic,obscene,threat,insult,identity_hate", *jigsaw
            ))},
            ten_rows(('"Stop" it, please\n\nI ask, twice, N', 0), ("You N", 1)),
        ),
        "civil": Made(
            {"civil/train.csv": tsv("id,target,comment_text,severe_toxicity,obscene,asian", *civil)},
            ten_rows(("So cool, N.", 0), ("What a N", 1), ("Rats N!", 1)),
        ),
    }  # fmt: skip
