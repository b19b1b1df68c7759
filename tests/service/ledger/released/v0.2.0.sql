BEGIN TRANSACTION;
CREATE TABLE actions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at FLOAT NOT NULL, 
	who VARCHAR(128) NOT NULL, 
	action VARCHAR(256) NOT NULL, 
	study_uid VARCHAR(64) NOT NULL, 
	status INTEGER
);
INSERT INTO "actions" VALUES(1,1.0,'dr-who','POST /studies/1.2.3.1/rescore','1.2.3.1',202);
CREATE TABLE changes_cursor (
	name VARCHAR(16) NOT NULL, 
	seq INTEGER NOT NULL, 
	resource_id VARCHAR(64) NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "changes_cursor" VALUES('changes',4711,'00112233-44556677-8899aabb-ccddeeff-00112233');
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	work_id INTEGER NOT NULL, 
	study_uid VARCHAR(64) NOT NULL, 
	at FLOAT NOT NULL, 
	who VARCHAR(128) NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	from_state VARCHAR(16), 
	to_state VARCHAR(16), 
	detail TEXT NOT NULL, 
	FOREIGN KEY(work_id) REFERENCES work (id)
);
INSERT INTO "events" VALUES(1,1,'2.25.326649124799006250189370199118586744450',1700000020.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(2,1,'2.25.326649124799006250189370199118586744450',1700000150.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(3,1,'2.25.326649124799006250189370199118586744450',1700000180.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(4,1,'2.25.326649124799006250189370199118586744450',1700000210.0,'service','refused','running','refused','2 phases were found; 3 are needed.');
INSERT INTO "events" VALUES(5,2,'2.25.326649124799006250189370199118586744450',1700000230.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(6,2,'2.25.326649124799006250189370199118586744450',1700000360.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(7,2,'2.25.326649124799006250189370199118586744450',1700000390.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(8,2,'2.25.326649124799006250189370199118586744450',1700000430.0,'service','succeeded','running','scored','');
INSERT INTO "events" VALUES(9,1,'2.25.326649124799006250189370199118586744450',1700000450.0,'service','superseded','refused','superseded','a newer input has been scored');
INSERT INTO "events" VALUES(10,3,'1.2.3.1',1700000470.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(11,3,'1.2.3.1',1700000600.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(12,3,'1.2.3.1',1700000630.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(13,3,'1.2.3.1',1700000660.0,'service','refused','running','refused','2 phases were found; at least 3 are needed.');
INSERT INTO "events" VALUES(14,4,'1.2.3.2',1700000680.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(15,4,'1.2.3.2',1700000810.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(16,4,'1.2.3.2',1700000840.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(17,4,'1.2.3.2',1700000870.0,'service','gave up','running','failed','It took longer than 600 s.');
INSERT INTO "events" VALUES(18,5,'1.2.3.3',1700000890.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(19,5,'1.2.3.3',1700001020.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(20,5,'1.2.3.3',1700001050.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(21,5,'1.2.3.3',1700001090.0,'service','faulted','running','waiting','It took longer than 600 s.');
INSERT INTO "events" VALUES(22,6,'1.2.3.4',1700001110.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(23,6,'1.2.3.4',1700001240.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(24,6,'1.2.3.4',1700001270.0,'service','started','ready','running','attempt 1');
INSERT INTO "events" VALUES(25,7,'1.2.3.5',1700001290.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(26,7,'1.2.3.5',1700001420.0,'service','input settled','receiving','ready','112 new instances');
INSERT INTO "events" VALUES(27,8,'1.2.3.6',1700001440.0,'service','instances arrived',NULL,'receiving','');
INSERT INTO "events" VALUES(28,9,'1.2.3.1',1700001590.0,'dr-who','rescore asked for',NULL,'receiving','');
INSERT INTO "events" VALUES(29,10,'2.25.326649124799006250189370199118586744450',1700001620.0,'dr-who','rescore asked for',NULL,'receiving','molecular findings: gzma, triple_negative');
CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	delivery_id VARCHAR(64) NOT NULL, 
	receiver VARCHAR(64) NOT NULL, 
	body TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at FLOAT NOT NULL, 
	settled BOOLEAN NOT NULL, 
	problem TEXT NOT NULL
);
INSERT INTO "outbox" VALUES(1,'msg_dabe42620a9f4a53a92419910fe29f90','f2407f86dd9d8468ef410f560c2496cb','{"type": "study.refused", "id": "msg_dabe42620a9f4a53a92419910fe29f90", "timestamp": "2023-11-14T22:16:30.000+00:00", "data": {"state": "refused", "code": "too-few-phases", "study_uid": "2.25.326649124799006250189370199118586744450"}, "research_use_only": true}',1700000190.0,0,0.0,0,'');
INSERT INTO "outbox" VALUES(2,'msg_4c88736923b9409ab2a06b84cf825bd3','f2407f86dd9d8468ef410f560c2496cb','{"type": "study.scored", "id": "msg_4c88736923b9409ab2a06b84cf825bd3", "timestamp": "2023-11-14T22:20:10.000+00:00", "data": {"state": "scored", "study_uid": "2.25.326649124799006250189370199118586744450", "scores": [{"signature": "wu2018", "laterality": "L", "state": "uncalibrated", "value": null, "unit": "%", "category": null}, {"signature": "su2022", "laterality": "L", "state": "uncalibrated", "value": 0.446041, "unit": "1", "category": null}, {"signature": "qian2024", "laterality": "L", "state": "uncalibrated", "value": null, "unit": "1", "category": null}, {"signature": "fan2023", "laterality": "L", "state": "no model installed", "value": null, "unit": "1", "category": null}, {"signature": "han2024", "laterality": "L", "state": "no model installed", "value": null, "unit": "1", "category": null}]}, "research_use_only": true}',1700000410.0,0,0.0,0,'');
INSERT INTO "outbox" VALUES(3,'msg_dd9c004371c0475fa937dc100dc0842c','f2407f86dd9d8468ef410f560c2496cb','{"type": "study.refused", "id": "msg_dd9c004371c0475fa937dc100dc0842c", "timestamp": "2023-11-14T22:24:00.000+00:00", "data": {"state": "refused", "code": "too-few-phases", "study_uid": "1.2.3.1"}, "research_use_only": true}',1700000640.0,0,0.0,0,'');
INSERT INTO "outbox" VALUES(4,'msg_114119d11787456daebb6ad235eccd04','f2407f86dd9d8468ef410f560c2496cb','{"type": "study.failed", "id": "msg_114119d11787456daebb6ad235eccd04", "timestamp": "2023-11-14T22:27:30.000+00:00", "data": {"state": "failed", "code": "timed-out", "study_uid": "1.2.3.2"}, "research_use_only": true}',1700000850.0,0,0.0,0,'');
CREATE TABLE patient_statements (
	patient_id VARCHAR(64) NOT NULL, 
	about VARCHAR(32) NOT NULL, 
	said TEXT NOT NULL, 
	who VARCHAR(128) NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (patient_id, about)
);
INSERT INTO "patient_statements" VALUES('PID-0815','molecular','{"gzma": 4.5, "triple_negative": true}','dr-who',1700001600.0);
INSERT INTO "patient_statements" VALUES('PID-4711','molecular','{"prf1": 2.5}','dr-who',1700001630.0);
CREATE TABLE patients_studies (
	study_uid VARCHAR(64) NOT NULL, 
	patient_id VARCHAR(64) NOT NULL, 
	PRIMARY KEY (study_uid)
);
INSERT INTO "patients_studies" VALUES('2.25.326649124799006250189370199118586744450','PID-0815');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(3);
CREATE TABLE scores (
	id INTEGER NOT NULL, 
	work_id INTEGER NOT NULL, 
	signature VARCHAR(64) NOT NULL, 
	laterality VARCHAR(1) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	value FLOAT, 
	unit VARCHAR(16) NOT NULL, 
	category VARCHAR(64), 
	report_uid VARCHAR(64) NOT NULL, 
	installed VARCHAR(16) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(work_id) REFERENCES work (id)
);
INSERT INTO "scores" VALUES(1,2,'wu2018','L','uncalibrated',NULL,'%',NULL,'2.25.318998814590834665001655093257316085945','');
INSERT INTO "scores" VALUES(2,2,'su2022','L','uncalibrated',0.446041,'1',NULL,'2.25.318998814590834665001655093257316085945','');
INSERT INTO "scores" VALUES(3,2,'qian2024','L','uncalibrated',NULL,'1',NULL,'2.25.318998814590834665001655093257316085945','');
INSERT INTO "scores" VALUES(4,2,'fan2023','L','no model installed',NULL,'1',NULL,'2.25.318998814590834665001655093257316085945','');
INSERT INTO "scores" VALUES(5,2,'han2024','L','no model installed',NULL,'1',NULL,'2.25.318998814590834665001655093257316085945','');
CREATE TABLE statements (
	study_uid VARCHAR(64) NOT NULL, 
	about VARCHAR(32) NOT NULL, 
	said TEXT NOT NULL, 
	who VARCHAR(128) NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (study_uid, about)
);
INSERT INTO "statements" VALUES('1.2.3.1','steering','{"seed_mm": [62.5, -40.0, 12.0], "box_mm": null}','dr-who',1700001560.0);
INSERT INTO "statements" VALUES('1.2.3.1','molecular','{"gzma": 4.25}','dr-who',1700001570.0);
CREATE TABLE work (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	study_uid VARCHAR(64) NOT NULL, 
	input_hash VARCHAR(64) NOT NULL, 
	turn INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	orthanc_id VARCHAR(64) NOT NULL, 
	instances INTEGER NOT NULL, 
	arrivals INTEGER NOT NULL, 
	last_arrival_at FLOAT NOT NULL, 
	examined_arrivals INTEGER NOT NULL, 
	examine_after FLOAT NOT NULL, 
	stable BOOLEAN NOT NULL, 
	asked_by VARCHAR(128) NOT NULL, 
	background BOOLEAN DEFAULT 0 NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at FLOAT NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	reason TEXT NOT NULL, 
	stage VARCHAR(128) NOT NULL, 
	progress FLOAT NOT NULL, 
	created_at FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	started_at FLOAT, 
	finished_at FLOAT, 
	result TEXT, 
	CONSTRAINT one_row_per_input UNIQUE (study_uid, input_hash)
);
INSERT INTO "work" VALUES(1,'2.25.326649124799006250189370199118586744450','an older input',2,'superseded','orthanc-86744450',112,1,1700000010.0,-1,0.0,0,'',0,1,0.0,'too-few-phases','2 phases were found; 3 are needed.','',0.0,1700000010.0,1700000440.0,1700000160.0,1700000190.0,NULL);
INSERT INTO "work" VALUES(2,'2.25.326649124799006250189370199118586744450','c2247c731fa059164f0ca940eb48a131',4,'scored','orthanc-86744450',112,1,1700000220.0,-1,0.0,0,'',0,1,0.0,'','','segmenting',1.0,1700000220.0,1700000420.0,1700000370.0,1700000410.0,'{"research_use_only": true, "study_uid": "2.25.326649124799006250189370199118586744450", "input_hash": "c2247c731fa059164f0ca940eb48a131", "settings_hash": "0741a5b79e21be05", "pipeline_version": "0.2.0", "dynamic_series": [{"study_uid": "2.25.326649124799006250189370199118586744450", "series_uids": ["2.25.320085218160901934475232354769018299451"], "input_hash": "c2247c731fa059164f0ca940eb48a131", "measurement_hash": "6c03ba68e7524ca83708800f2270ffc6", "settings_hash": "0741a5b79e21be05", "pipeline_version": "0.2.0", "segmenter": "TILscope classical segmentation 1", "laterality": "B", "time_zero": "start of the first post-contrast acquisition", "phases": [{"number": 1, "role": "pre", "time_s": -120.0}, {"number": 2, "role": "early", "time_s": 90.0}, {"number": 3, "role": "", "time_s": 270.0}, {"number": 4, "role": "late", "time_s": 450.0}], "lesions": [{"number": 1, "laterality": "L", "confidence": 0.753, "measurements": [{"id": "volume", "name": "Volume", "value": 7.6048, "unit": "cm3", "missing": null, "reason": ""}, {"id": "longest_diameter", "name": "Longest diameter", "value": 32.1353, "unit": "mm", "missing": null, "reason": ""}, {"id": "sphericity", "name": "Sphericity", "value": 0.880198, "unit": "1", "missing": null, "reason": ""}, {"id": "surface_volume_ratio", "name": "Surface to volume ratio", "value": 0.283084, "unit": "/mm", "missing": null, "reason": ""}, {"id": "ftv", "name": "Functional tumour volume", "value": 6.86, "unit": "cm3", "missing": null, "reason": ""}, {"id": "ftv_ser", "name": "Functional tumour volume, SER > 0.9", "value": 6.7424, "unit": "cm3", "missing": null, "reason": ""}, {"id": "pe_mean", "name": "Percent enhancement, mean", "value": 136.483, "unit": "%", "missing": null, "reason": ""}, {"id": "pe_peak", "name": "Percent enhancement, peak", "value": 158.716, "unit": "%", "missing": null, "reason": ""}, {"id": "ser_mean", "name": "Signal enhancement ratio, mean", "value": 1.19132, "unit": "{ratio}", "missing": null, "reason": ""}], "curve_type": "plateau"}], "breast": [{"id": "breast_volume", "name": "Breast volume", "value": 1418.14, "unit": "cm3", "missing": null, "reason": ""}, {"id": "fgt_volume", "name": "Fibroglandular tissue volume", "value": 309.366, "unit": "cm3", "missing": null, "reason": ""}, {"id": "fgt_percent", "name": "Fibroglandular tissue", "value": 21.815, "unit": "%", "missing": null, "reason": ""}, {"id": "bpe_mean", "name": "Background parenchymal enhancement, mean", "value": 8.36718, "unit": "%", "missing": null, "reason": ""}, {"id": "bpe_median", "name": "Background parenchymal enhancement, median", "value": 7.80508, "unit": "%", "missing": null, "reason": ""}], "signatures": [{"id": "wu2018", "title": "Estimated stromal TILs (Wu 2018)", "citation": "Wu J, et al. Breast Cancer Res 2018;20:101", "version": "1", "state": "uncalibrated", "reason": "The published coefficients apply to z-scores, and no reference cohort is installed: the features are given, a percentage and a class are not.", "score": {"id": "til_percent", "name": "Estimated stromal TIL percentage (imaging)", "value": null, "unit": "%", "missing": "not attempted", "reason": "no reference is installed"}, "category": null, "features": [{"id": "M1", "name": "Tumour volume", "value": 7.32283, "unit": "cm3", "missing": null, "reason": ""}, {"id": "M2", "name": "Tumour sphericity", "value": 0.852349, "unit": "1", "missing": null, "reason": ""}, {"id": "M3", "name": "Tumour surface to volume ratio", "value": 0.292173, "unit": "/mm", "missing": null, "reason": ""}, {"id": "M4", "name": "Mean gradient of the tumour margin, early phase", "value": 0.470927, "unit": "/mm", "missing": null, "reason": ""}, {"id": "M5", "name": "SD of the gradient of the tumour margin, early phase", "value": 0.0918636, "unit": "/mm", "missing": null, "reason": ""}, {"id": "TEX1", "name": "GLCM correlation of tumour SER", "value": 0.875722, "unit": "1", "missing": null, "reason": ""}, {"id": "TEX2", "name": "GLCM cluster shade of tumour SER", "value": -54.1159, "unit": "1", "missing": null, "reason": ""}, {"id": "TEX3", "name": "GLCM joint energy of tumour SER", "value": 0.237564, "unit": "1", "missing": null, "reason": ""}, {"id": "TEX4", "name": "GLCM joint entropy of tumour SER", "value": 3.10376, "unit": "1", "missing": null, "reason": ""}, {"id": "FTV1", "name": "Tumour volume with SER > 1.0", "value": 6.799, "unit": "cm3", "missing": null, "reason": ""}, {"id": "FTV2", "name": "Tumour volume with SER > 1.5", "value": 0.0, "unit": "cm3", "missing": null, "reason": ""}, {"id": "BPE1", "name": "Parenchyma volume with PE > 20 %", "value": 3.33, "unit": "cm3", "missing": null, "reason": ""}, {"id": "BPE2", "name": "Parenchyma volume with PE > 60 %", "value": 0.733, "unit": "cm3", "missing": null, "reason": ""}, {"id": "BPE3", "name": "Fraction of the parenchyma with PE > 20 %", "value": 0.0222339, "unit": "1", "missing": null, "reason": ""}, {"id": "BPE4", "name": "Fraction of the parenchyma with PE > 60 %", "value": 0.00489414, "unit": "1", "missing": null, "reason": ""}, {"id": "TS-BPE1", "name": "Mean PE of the parenchyma within 20 mm of the tumour", "value": 0.105419, "unit": "1", "missing": null, "reason": ""}, {"id": "TS-BPE2", "name": "Mean SER of the parenchyma within 20 mm of the tumour", "value": 0.658426, "unit": "1", "missing": null, "reason": ""}], "parameters": "N4 bias field of the pre-contrast image; intensities over the mean of the interquartile voxels of the pre-contrast parenchyma; 1 mm isotropic, linear; SER clipped to [0, 3], undefined where PE < 0.1; GLCM with 32 bins on [0, 3], 26 directions, distance 1; margin shell of 2 voxels astride the border; volumes by voxel count, M1-M3 by mesh. Settings 7408dc0ce9d2e3be.", "further_scores": [], "percentile": null, "contributions": [], "published": "Published r = 0.40 with the counted percentage, 0.62 for the composite; AUC of the composite 0.94 low against high, 0.76 intermediate against high, 0.79 low against intermediate.", "reference": "", "installed": "", "supplied": []}, {"id": "su2022", "title": "Rad-TILs (Su 2022)", "citation": "Su GH, et al. J Transl Med 2022;20:471", "version": "1", "state": "uncalibrated", "reason": "The published model takes raw features: its probability is given, uncalibrated and without a class. Computed from 3 post-contrast phases. Validated in triple-negative cancer only.", "score": {"id": "rad_tils", "name": "Estimated probability of sTIL at least 20 % (imaging)", "value": 0.446041, "unit": "1", "missing": null, "reason": ""}, "category": null, "features": [{"id": "X1", "name": "Tumour, first phase, wavelet LLL: first-order skewness", "value": -0.4571, "unit": "1", "missing": null, "reason": ""}, {"id": "X2", "name": "Skewness over phases of tumour, wavelet LLL: GLCM Idmn", "value": 0.548742, "unit": "1", "missing": null, "reason": ""}, {"id": "X3", "name": "Skewness over phases of tumour: GLSZM low gray level zone emphasis", "value": 0.57593, "unit": "1", "missing": null, "reason": ""}, {"id": "su_phases", "name": "Post-contrast phases used", "value": 3.0, "unit": "1", "missing": null, "reason": ""}], "parameters": "Bias field of the pre-contrast image divided out; each phase z-scored over the breast, times 100; 1 mm isotropic, linear; bin width 25; coif1 wavelet on the lesion''s box and 20 mm around it, in whole voxels as acquired; regions of at least 16 voxels. Of the post-contrast phases the four that together lie nearest to 90, 180, 270 and 360 s, all where there are three, none below; the first of them is phase 1. Skewness over phases biased (third moment over the cube of the SD). Features not z-scored. High above the reference''s median, low at it and below. Settings 85a7b745f1df3954.", "further_scores": [], "percentile": null, "contributions": [{"feature": "X3", "coefficient": -1.5792121, "value": 0.57593}, {"feature": "X2", "coefficient": -0.9434133, "value": 0.548742}, {"feature": "X1", "coefficient": -0.6522518, "value": -0.4571}], "published": "Published AUC 0.868 in training (98 patients) and 0.790 in validation (41), all triple-negative.", "reference": "", "installed": "", "supplied": []}, {"id": "qian2024", "title": "M2 macrophage radscore (Qian 2024)", "citation": "Qian H, et al. BMC Med Imaging 2024, doi 10.1186/s12880-024-01212-9", "version": "1", "state": "uncalibrated", "reason": "The published coefficients apply to z-scores, and no reference cohort is installed: the features are given, a score and a class are not.", "score": {"id": "qian_peritumoral", "name": "Estimated M2 radscore (peritumoral)", "value": null, "unit": "1", "missing": "not attempted", "reason": "no reference is installed"}, "category": null, "features": [{"id": "QP1", "name": "Ring, square: first-order minimum", "value": 0.342911, "unit": "1", "missing": null, "reason": ""}, {"id": "QP2", "name": "Ring, wavelet LLH: first-order skewness", "value": 2.65363, "unit": "1", "missing": null, "reason": ""}, {"id": "QP3", "name": "Ring, local binary patterns: GLSZM zone variance", "value": 119114.0, "unit": "1", "missing": null, "reason": ""}, {"id": "QP4", "name": "Ring, wavelet LLL: 10th percentile", "value": 129.705, "unit": "1", "missing": null, "reason": ""}, {"id": "QP5", "name": "Ring, square root: 10th percentile", "value": 184.633, "unit": "1", "missing": null, "reason": ""}, {"id": "QP6", "name": "Ring, wavelet HLH: GLDM dependence variance", "value": 25.7734, "unit": "1", "missing": null, "reason": ""}, {"id": "QP7", "name": "Ring, wavelet LLH: first-order kurtosis", "value": 13.792, "unit": "1", "missing": null, "reason": ""}, {"id": "QP8", "name": "Ring, wavelet LLH: GLRLM long run emphasis", "value": 9.2774, "unit": "1", "missing": null, "reason": ""}, {"id": "QT1", "name": "Tumour, wavelet HLL: GLRLM run variance", "value": 6.15457, "unit": "1", "missing": null, "reason": ""}], "parameters": "First post-contrast phase, bias field of the pre-contrast image divided out, intensities as measured (the paper names no normalisation); 1 mm isotropic, linear. Ring: 5 mm outside the tumour, inside the breast without skin and chest wall, without vessels and other lesions. Filters on the lesion''s box and 20 mm around it, in whole voxels as acquired; coif1 wavelet; square and square root scale by the greatest value there. Bin width 25, for local binary patterns 1 (8 neighbours, radius 1, uniform). Regions of at least 16 voxels. Features z-scored by the reference, no intercept. Main score: peritumoral. High above the reference''s median, low at it and below. Settings 97d8ebf2c494d2c0.", "further_scores": [{"id": "qian_intratumoral", "name": "Estimated M2 radscore (intratumoral)", "value": null, "unit": "1", "missing": "not attempted", "reason": "no reference is installed"}, {"id": "qian_combined", "name": "Estimated M2 radscore (combined)", "value": null, "unit": "1", "missing": "not attempted", "reason": "no reference is installed"}], "percentile": null, "contributions": [], "published": "Published AUC in the test cohort (22 patients): 0.752 peritumoral, 0.678 intratumoral, 0.744 combined.", "reference": "", "installed": "", "supplied": []}, {"id": "fan2023", "title": "Tumour-stroma heterogeneity (Fan 2023)", "citation": "Fan M, et al. J Transl Med 2023, doi 10.1186/s12967-023-04748-6", "version": "1", "state": "no model installed", "reason": "The paper trained a random forest and published none, and no trained one is installed: the features are given, a probability and a class are not.", "score": {"id": "tsh_good", "name": "Estimated probability of the good-survival TSH group (imaging)", "value": null, "unit": "1", "missing": "not attempted", "reason": "no model is installed"}, "category": null, "features": [{"id": "radiomics:fan2023/T/original_shape_Flatness", "name": "Tumour flatness", "value": 0.733802, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:fan2023/T/original_shape_Sphericity", "name": "Tumour sphericity", "value": 0.825412, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:fan2023/T/S0/original_glrlm_LongRunHighGrayLevelEmphasis", "name": "Tumour before contrast: GLRLM long run high gray level emphasis", "value": 564.888, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:fan2023/T/SI/original_glcm_Idmn", "name": "Tumour enhancement: GLCM Idmn", "value": 0.979857, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:fan2023/stroma/SI/original_glcm_Idmn", "name": "Stroma enhancement: GLCM Idmn", "value": 0.998422, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:fan2023/stroma/SI/original_glszm_GrayLevelNonUniformity", "name": "Stroma enhancement: GLSZM gray level non-uniformity", "value": 79.0409, "unit": "1", "missing": null, "reason": ""}], "parameters": "Bias field of the pre-contrast image divided out; every phase over the mean of the pre-contrast parenchyma on the tumour''s side; 0.8 x 0.8 x 2 mm along the image''s axes, linear. S0 before contrast, SI the middle post-contrast phase (of an even number the earlier) minus S0, SL the last minus S0. Stroma: 20 mm outside the tumour, inside the breast without skin and chest wall, without vessels and other lesions. The paper''s post-contrast image of the tumour, and of the stroma pair, is taken as SI. Bin width 0.05 of the parenchyma''s mean (unstated). Regions of at least 16 voxels. Good from 0.5 on. Settings 3581872ba134d6e2.", "further_scores": [], "percentile": null, "contributions": [], "published": "Published: the predicted group was associated with overall (p = 0.038) and recurrence-free survival (p = 0.0003).", "reference": "", "installed": "", "supplied": []}, {"id": "han2024", "title": "Microenvironment phenotype (Han 2024)", "citation": "Han X, et al. Breast Cancer Res 2024, doi 10.1186/s13058-024-01776-y", "version": "1", "state": "no model installed", "reason": "The paper trained a random forest and published none, and no trained one is installed: the features are given, a probability and a class are not.", "score": {"id": "tme_hot", "name": "Estimated probability of the hot phenotype (imaging)", "value": null, "unit": "1", "missing": "not attempted", "reason": "no model is installed"}, "category": null, "features": [{"id": "radiomics:han2024/T/early/original_firstorder_Mean", "name": "Tumour: mean intensity", "value": 429.226, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:han2024/T/early/original_firstorder_Entropy", "name": "Tumour: first-order entropy", "value": 4.00554, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:han2024/T/early/original_glcm_Idm", "name": "Tumour: GLCM inverse difference moment", "value": 0.433242, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:han2024/T/early/original_glcm_JointEntropy", "name": "Tumour: GLCM joint entropy", "value": 6.97869, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:han2024/ring/early/original_firstorder_Mean", "name": "Ring: mean intensity", "value": 240.412, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:han2024/ring/early/original_firstorder_Entropy", "name": "Ring: first-order entropy", "value": 4.41951, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:han2024/ring/early/original_glcm_Idm", "name": "Ring: GLCM inverse difference moment", "value": 0.273654, "unit": "1", "missing": null, "reason": ""}, {"id": "radiomics:han2024/ring/early/original_glcm_JointEntropy", "name": "Ring: GLCM joint entropy", "value": 7.97078, "unit": "1", "missing": null, "reason": ""}], "parameters": "Early phase (the paper names none), bias field of the pre-contrast image divided out, z-scored over the breast, times 100; 1 mm isotropic, linear; bin width 25. Ring: from 2 mm inside to 2 mm outside the tumour''s border, outside it inside the breast without skin and chest wall, without vessels and other lesions. A forest may take any of 479 features of tumour or ring: 14 of shape, 93 of the original image and of Laplacians of Gaussians of 1, 2, 3 and 4 mm (which five image types is unstated), filtered on the lesion''s box and 20 mm around it, in whole voxels as acquired. Regions of at least 16 voxels. Hot from the forest''s own threshold on. Settings b4f494eccd59a767.", "further_scores": [], "percentile": null, "contributions": [], "published": "Published AUC 0.855 in discovery, 0.844 in validation, 0.814 for CD8 phenotypes, 0.784 for response.", "reference": "", "installed": "", "supplied": []}], "quality": [{"code": "signal-to-noise", "sentence": "Signal to noise in the gland before contrast is 31.", "verdict": "pass", "value": 30.78, "limit": 10.0}, {"code": "motion", "sentence": "The most that a phase had moved in the breast is 0.4 mm (phase 1); it was too small to be taken out.", "verdict": "pass", "value": 0.426, "limit": 2.5}, {"code": "early-phase-time", "sentence": "The early phase lies 60 s from the usual 150 s after injection.", "verdict": "pass", "value": 60.0, "limit": 60.0}, {"code": "late-phase-time", "sentence": "The late phase lies 0 s from the usual 450 s after injection.", "verdict": "pass", "value": 0.0, "limit": 120.0}, {"code": "enhancement", "sentence": "The early phase is 1.29 times as bright as the first in the body.", "verdict": "pass", "value": 1.286, "limit": 2.5}, {"code": "fgt-share", "sentence": "Glandular tissue makes up 22 % of the breast.", "verdict": "pass", "value": 21.82, "limit": 80.0}, {"code": "lesion-confidence", "sentence": "The segmenter''s confidence in lesion 1 is 0.75.", "verdict": "pass", "value": 0.753, "limit": 0.4}, {"code": "lesion-size", "sentence": "Lesion 1 measures 32 mm.", "verdict": "pass", "value": 32.14, "limit": 100.0}], "segmentation": {"source": "automatic", "by": "", "tool": "", "sop_class_uid": "", "sop_instance_uid": "", "steering": ""}, "edition": 0, "demo": false}], "refused_series": [], "timings_s": {"finding the dynamic series": 0.223, "fetching images": 0.0, "reading images": 0.572, "preparing": 10.207, "segmenting": 0.567, "measuring kinetics": 0.166, "computing signatures": 3.83, "writing results": 5.217}, "demo": false, "objects": [{"kind": "SEG", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.66.4", "series_uid": "2.25.89908628272375890511660769417380741215", "sop_instance_uid": "2.25.322462414178054600493068991272825773810"}, {"kind": "SEG", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.66.4", "series_uid": "2.25.78189325694804190852815305800042065360", "sop_instance_uid": "2.25.21909877838420133963546164431786081065"}, {"kind": "SR", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.34", "series_uid": "2.25.7379933761363412678353377014375018478", "sop_instance_uid": "2.25.318998814590834665001655093257316085945"}, {"kind": "DOC", "laterality": "B", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.104.1", "series_uid": "2.25.158737154893246308541904877493816263185", "sop_instance_uid": "2.25.260208910124236073470053844491535530885"}]}');
INSERT INTO "work" VALUES(3,'1.2.3.1','i1',6,'refused','orthanc-1.2.3.1',112,1,1700000460.0,-1,0.0,0,'',0,1,0.0,'too-few-phases','2 phases were found; at least 3 are needed.','',0.0,1700000460.0,1700000650.0,1700000610.0,1700000640.0,NULL);
INSERT INTO "work" VALUES(4,'1.2.3.2','i2',8,'failed','orthanc-1.2.3.2',112,1,1700000670.0,-1,0.0,0,'',0,1,0.0,'timed-out','It took longer than 600 s.','',0.0,1700000670.0,1700000860.0,1700000820.0,1700000850.0,NULL);
INSERT INTO "work" VALUES(5,'1.2.3.3','i3',10,'waiting','orthanc-1.2.3.3',112,1,1700000880.0,-1,0.0,0,'',0,1,2700001060.0,'timed-out','It took longer than 600 s.','',0.0,1700000880.0,1700001080.0,1700001030.0,1700001070.0,NULL);
INSERT INTO "work" VALUES(6,'1.2.3.4','i4',12,'running','orthanc-1.2.3.4',112,1,1700001100.0,-1,0.0,0,'',0,1,0.0,'','','',0.0,1700001100.0,1700001260.0,1700001250.0,NULL,NULL);
INSERT INTO "work" VALUES(7,'1.2.3.5','i5',14,'ready','orthanc-1.2.3.5',112,1,1700001280.0,-1,0.0,0,'',0,0,0.0,'','','',0.0,1700001280.0,1700001410.0,NULL,NULL,NULL);
INSERT INTO "work" VALUES(8,'1.2.3.6','',15,'receiving','orthanc-1.2.3.6',28,1,1700001430.0,1,0.0,0,'',0,0,0.0,'too-few-phases','1 phase was found; at least 3 are needed.','',0.0,1700001430.0,1700001430.0,NULL,NULL,NULL);
INSERT INTO "work" VALUES(9,'1.2.3.1','',16,'receiving','orthanc-1.2.3.1',0,1,1700001580.0,-1,0.0,0,'dr-who',0,0,0.0,'','','',0.0,1700001580.0,1700001580.0,NULL,NULL,NULL);
INSERT INTO "work" VALUES(10,'2.25.326649124799006250189370199118586744450','',17,'receiving','orthanc-86744450',0,1,1700001610.0,-1,0.0,0,'dr-who',0,0,0.0,'','','',0.0,1700001610.0,1700001610.0,NULL,NULL,NULL);
CREATE INDEX work_by_end ON work (finished_at, id);
CREATE INDEX work_by_state ON work (state, turn);
CREATE INDEX work_by_study ON work (study_uid, turn);
CREATE INDEX work_by_change ON work (updated_at, id);
CREATE INDEX work_by_arrival ON work (created_at, id);
CREATE INDEX studies_by_patient ON patients_studies (patient_id);
CREATE INDEX outbox_by_receiver ON outbox (receiver, settled, next_attempt_at);
CREATE INDEX actions_by_study ON actions (study_uid, id);
CREATE INDEX events_by_study ON events (study_uid, id);
CREATE INDEX events_by_work ON events (work_id);
CREATE INDEX scores_by_value ON scores (signature, value, category, laterality, work_id);
CREATE INDEX scores_by_work ON scores (work_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('work',10);
INSERT INTO "sqlite_sequence" VALUES('events',29);
INSERT INTO "sqlite_sequence" VALUES('outbox',4);
INSERT INTO "sqlite_sequence" VALUES('actions',1);
COMMIT;
