"""One small file of each format, written for the tests."""

from __future__ import annotations

import json

ROR_ID = "https://ror.org/05k89ew48"
DOI = "10.5555/bone.1"

ROR = json.dumps(
    [
        {
            "id": ROR_ID,
            "status": "active",
            "types": ["funder", "healthcare"],
            "names": [
                {"value": "UKN", "types": ["acronym"]},
                {"value": "Universitätsklinikum Nordmark", "types": ["ror_display", "label"], "lang": "de"},
            ],
            "links": [
                {"type": "wikipedia", "value": "https://wiki.example/UKN"},
                {"type": "website", "value": "https://ukn.example"},
            ],
            "locations": [{"geonames_details": {"country_code": "DE", "name": "Kiel"}}],
        },
        {"id": "https://ror.org/000000000", "status": "withdrawn", "types": [], "names": [{"value": "Gone"}]},
        {"id": 7},
    ],
    indent=1,
    ensure_ascii=False,
).encode()

ORCID_JSON = json.dumps(
    {
        "orcid-identifier": {"uri": "https://orcid.org/0000-0002-1825-0097", "path": "0000-0002-1825-0097"},
        "person": {
            "name": {"given-names": {"value": "Åsa"}, "family-name": {"value": "Öberg"}, "credit-name": None},
            "biography": {"content": "Prints bone."},
            "keywords": {"keyword": [{"content": "bone"}, {"content": "bioprinting"}]},
        },
        "activities-summary": {
            "employments": {
                "affiliation-group": [
                    {
                        "summaries": [
                            {
                                "employment-summary": {
                                    "end-date": None,
                                    "organization": {
                                        "name": "Universitätsklinikum Nordmark",
                                        "disambiguated-organization": {"disambiguated-organization-identifier": ROR_ID},
                                    },
                                }
                            }
                        ]
                    },
                    {
                        "summaries": [
                            {
                                "employment-summary": {
                                    "end-date": {"year": {"value": "2011"}},
                                    "organization": {"name": "An Earlier Place"},
                                }
                            }
                        ]
                    },
                ]
            },
            "works": {
                "group": [
                    {
                        "work-summary": [
                            {
                                "title": {"title": {"value": "Printed bone heals"}},
                                "type": "journal-article",
                                "publication-date": {"year": {"value": "2024"}},
                                "external-ids": {
                                    "external-id": [
                                        {
                                            "external-id-type": "doi",
                                            "external-id-value": "10.5555/book",
                                            "external-id-relationship": "part-of",
                                        },
                                        {
                                            "external-id-type": "doi",
                                            "external-id-value": "https://doi.org/10.5555/BONE.1",
                                            "external-id-relationship": "self",
                                        },
                                    ]
                                },
                            },
                            {"title": {"title": {"value": "The same from another source"}}},
                        ]
                    },
                    {"work-summary": [{"title": {"title": {"value": "A nozzle"}}, "type": "patent"}]},
                ]
            },
            "fundings": {
                "group": [
                    {
                        "funding-summary": [
                            {
                                "title": {"title": {"value": "Bone for the north"}},
                                "start-date": {"year": {"value": "2022"}},
                            }
                        ]
                    }
                ]
            },
        },
    }
).encode()

ORCID_XML = """<?xml version="1.0" encoding="UTF-8"?>
<record:record xmlns:record="http://www.orcid.org/ns/record" xmlns:common="http://www.orcid.org/ns/common"
  xmlns:person="http://www.orcid.org/ns/person" xmlns:personal-details="http://www.orcid.org/ns/personal-details"
  xmlns:activities="http://www.orcid.org/ns/activities" xmlns:work="http://www.orcid.org/ns/work">
  <common:orcid-identifier><common:path>0000-0002-1825-0097</common:path></common:orcid-identifier>
  <person:person><person:name><personal-details:given-names>Åsa</personal-details:given-names>
    <personal-details:family-name>Öberg</personal-details:family-name></person:name></person:person>
  <activities:activities-summary>
    <activities:works><activities:group><work:work-summary>
      <work:title><common:title>Printed bone heals</common:title></work:title>
      <common:external-ids><common:external-id><common:external-id-type>doi</common:external-id-type>
        <common:external-id-value>10.5555/bone.1</common:external-id-value>
        <common:external-id-relationship>self</common:external-id-relationship></common:external-id></common:external-ids>
      <common:publication-date><common:year>2024</common:year></common:publication-date>
    </work:work-summary></activities:group></activities:works>
  </activities:activities-summary>
</record:record>""".encode()

PUBMED = """<?xml version="1.0"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">12345678</PMID>
<Article><Journal><JournalIssue><PubDate><MedlineDate>2024 Mar-Apr</MedlineDate></PubDate></JournalIssue></Journal>
<ArticleTitle>Printed <i>bone</i> heals.</ArticleTitle><ELocationID EIdType="doi">10.5555/Bone.1</ELocationID>
<Abstract><AbstractText Label="RESULTS">Bone grew in <sub>12</sub> weeks.</AbstractText></Abstract>
<AuthorList><Author>
<LastName>Öberg</LastName><AffiliationInfo><Affiliation>Department of Trauma,
Universitätsklinikum Nordmark, Kiel, Germany.</Affiliation></AffiliationInfo></Author></AuthorList>
<Language>eng</Language></Article>
<MeshHeadingList><MeshHeading><DescriptorName MajorTopicYN="N">Humans</DescriptorName></MeshHeading>
<MeshHeading><DescriptorName MajorTopicYN="Y">Bone Regeneration</DescriptorName></MeshHeading></MeshHeadingList>
</MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><Article/></MedlineCitation></PubmedArticle></PubmedArticleSet>""".encode()

OPENALEX = json.dumps(
    {
        "meta": {"count": 3},
        "results": [
            {
                "id": "https://openalex.org/W1",
                "doi": "https://doi.org/10.5555/bone.1",
                "title": "Printed bone heals",
                "publication_year": 2024,
                "language": "en",
                "abstract_inverted_index": {"weeks.": [3], "Bone": [0], "in": [2], "grew": [1], "torn": "x"},
                "topics": [{"display_name": "Bone Tissue Engineering"}],
                "authorships": [{"institutions": [{"ror": ROR_ID, "display_name": "Somebody's spelling"}]}],
            },
            {"id": "https://openalex.org/I1", "ror": ROR_ID, "display_name": "Universitätsklinikum Nordmark",
             "type": "healthcare", "country_code": "DE", "geo": {"city": "Kiel"}},
            {"id": "https://openalex.org/A1", "display_name": "Åsa Öberg", "orcid": "https://orcid.org/0000-0002-1825-0097",
             "last_known_institutions": [{"ror": ROR_ID}], "topics": []},
            {"id": "https://openalex.org/S1", "display_name": "A journal"},
        ],
    }
).encode()  # fmt: skip

CERIF = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
<record><header><identifier>oai:cris.nordmark.example:OrgUnits/1</identifier></header><metadata>
<OrgUnit xmlns="https://www.openaire.eu/cerif-profile/1.2/" id="OrgUnits/1"><Type>https://w3id.org/x#HigherEducation</Type>
<Name xml:lang="de">Universität Nordmark</Name><Name xml:lang="en">University of Nordmark</Name>
<ElectronicAddress>tel:+49</ElectronicAddress><ElectronicAddress>https://uni.example</ElectronicAddress></OrgUnit>
</metadata></record>
<record><metadata><Project xmlns="https://www.openaire.eu/cerif-profile/1.2/" id="Projects/2"><Acronym>BONE</Acronym>
<Title xml:lang="en">Bone for the north</Title><StartDate>2022-01-01</StartDate><Consortium><Coordinator>
<OrgUnit id="OrgUnits/1"><Name>University of Nordmark</Name></OrgUnit></Coordinator></Consortium></Project>
</metadata></record>
<record><metadata><Person xmlns="https://www.openaire.eu/cerif-profile/1.2/" id="Persons/3"><PersonName>
<FamilyNames>Öberg</FamilyNames><FirstNames>Åsa</FirstNames></PersonName>
<ORCID>https://orcid.org/0000-0002-1825-0097</ORCID>
<Affiliation><OrgUnit id="OrgUnits/1"/></Affiliation></Person></metadata></record>
<record><metadata><Equipment xmlns="https://www.openaire.eu/cerif-profile/1.2/" id="Equipments/4">
<Name>A printer for bone</Name>
<Owner><OrgUnit id="OrgUnits/1"/></Owner></Equipment></metadata></record>
<record><metadata><Patent xmlns="https://www.openaire.eu/cerif-profile/1.2/" id="Patents/5"><Title>A nozzle</Title>
<ApprovalDate>2021-05-01</ApprovalDate><PatentNumber>EP1</PatentNumber></Patent></metadata></record>
</ListRecords></OAI-PMH>""".encode()

VIVO = """@prefix vivo: <http://vivoweb.org/ontology/core#> . @prefix bibo: <http://purl.org/ontology/bibo/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix : <http://vivo.example/individual/> .
:a1 a vivo:FacultyMember ; rdfs:label "Öberg, Åsa"@sv ; vivo:overview "<p>Prints bone &amp; skin.</p>"@en ;
    vivo:orcidId <https://orcid.org/0000-0002-1825-0097> ; vivo:relatedBy :position, :authorship .
:position vivo:relates :a1, :department . :authorship vivo:relates :a1, :b1 .
:department a vivo:AcademicDepartment ; rdfs:label "Trauma"@en ; obo:BFO_0000050 :c1 .
:b1 a bibo:AcademicArticle ; rdfs:label "Printed bone heals"@en ; bibo:doi "10.5555/bone.1" ;
    vivo:relatedBy :authorship ;
    vivo:dateTimeValue :date .
:date vivo:dateTime "2024-03-01T00:00:00" .
:c1 a vivo:University ; rdfs:label "Universität Nordmark"@de, "University of Nordmark"@en .
""".encode()
