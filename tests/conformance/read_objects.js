// What the two libraries that browsers read DICOM with find in a Segmentation or a Structured Report, as JSON.
//   node read_objects.js FOLDER_OF_PACKAGES FILE...
'use strict';
const fs = require('fs');
const [packages, ...files] = process.argv.slice(2);
const dcmjs = require(`${packages}/dcmjs@0.51.1/package/build/dcmjs.min.js`);
const dicomParser = require(`${packages}/dicom-parser@1.8.21/package/dist/dicomParser.min.js`);

const listed = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

function naturalized(bytes) {
  const file = dcmjs.data.DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return dcmjs.data.DicomMetaDictionary.naturalizeDataset(file.dict);
}

function numbersByDcmjs(item) {
  const below = listed(item.ContentSequence).flatMap(numbersByDcmjs);
  if (item.ValueType !== 'NUM') return below;
  const measured = listed(item.MeasuredValueSequence)[0];
  const code = listed(item.ConceptNameCodeSequence)[0].CodeValue;
  const unit = measured && listed(measured.MeasurementUnitsCodeSequence)[0].CodeValue;
  return [[code, measured ? Number(listed(measured.NumericValue)[0]) : null, unit ?? null], ...below];
}

function numbersByParser(set) {
  const items = (element) => (element ? element.items.map((one) => one.dataSet) : []);
  const below = items(set.elements.x0040a730).flatMap(numbersByParser);
  if (set.string('x0040a040') !== 'NUM') return below;
  const measured = items(set.elements.x0040a300)[0];
  const unit = measured && items(measured.elements.x004008ea)[0].string('x00080100');
  const code = items(set.elements.x0040a043)[0].string('x00080100');
  return [[code, measured ? Number(measured.string('x0040a30a')) : null, unit ?? null], ...below];
}

function bitsSet(bytes) {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest; rest &= rest - 1) count += 1;
  return count;
}

function seen(path) {
  const bytes = new Uint8Array(fs.readFileSync(path));
  const byDcmjs = naturalized(bytes);
  const set = dicomParser.parseDicom(bytes);
  const pixels = set.elements.x7fe00010;
  return {
    dcmjs: {
      numbers: numbersByDcmjs(byDcmjs),
      segments: listed(byDcmjs.SegmentSequence).map((one) => [one.SegmentNumber, one.SegmentLabel, one.TrackingUID]),
      voxels: byDcmjs.PixelData ? bitsSet(new Uint8Array(listed(byDcmjs.PixelData)[0])) : 0
    },
    parser: {
      numbers: numbersByParser(set),
      segments: (set.elements.x00620002 ? set.elements.x00620002.items : []).map(({ dataSet }) => [
        dataSet.uint16('x00620004'),
        dataSet.string('x00620005'),
        dataSet.string('x00620021')
      ]),
      voxels: pixels ? bitsSet(set.byteArray.subarray(pixels.dataOffset, pixels.dataOffset + pixels.length)) : 0
    }
  };
}

console.log(JSON.stringify(files.map(seen)));
