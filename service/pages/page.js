// Keeps the pages up to date and sends a person's commands. Without it everything can be read, by reloading.
'use strict';

const EVERY_MS = 2500;
const root = document.body.dataset.root || './';

// ---- moments in the reader's own time

function localTimes(part) {
  for (const shown of part.querySelectorAll('time[datetime]')) {
    const at = new Date(shown.dateTime);
    shown.title = shown.textContent;
    shown.textContent = at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
  }
}

// ---- who it is, asked of Orthanc by this browser: the names never pass through TILscope

const people = new Map();

async function namePatients() {
  const marks = [...document.querySelectorAll('[data-study]')];
  const unknown = [...new Set(marks.map((mark) => mark.dataset.study))].filter((uid) => !people.has(uid));
  if (unknown.length) {
    unknown.forEach((uid) => people.set(uid, ''));
    const query = { Level: 'Study', Query: { StudyInstanceUID: unknown.join('\\') }, Expand: true };
    const answer = await fetch(root + '../tools/find', { method: 'POST', body: JSON.stringify(query) }).catch(() => null);
    for (const found of answer && answer.ok ? await answer.json() : []) {
      const study = found.MainDicomTags, patient = found.PatientMainDicomTags;
      const date = (study.StudyDate || '').replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
      // As on the PDF: letters, ideographs and sound of a name apart, family name first.
      const name = (patient.PatientName || '').split('=').map((group) => group.replace(/\^+/g, ' ').trim()).filter(Boolean).join(' / ');
      people.set(study.StudyInstanceUID, [name, patient.PatientID, date].filter(Boolean).join(' · '));
    }
  }
  for (const mark of marks) {
    const person = people.get(mark.dataset.study);
    if (person && mark.textContent !== person) {
      mark.textContent = person;
    }
  }
}

// ---- search by name, patient ID or accession number: this browser asks Orthanc, with the reader's own rights. TILscope gets
// the studies alone, and what was typed stays behind the # of the address, which no browser sends

const MOST_FOUND = 50;

async function knownToOrthanc(words) {
  const literal = words.replace(/[*?\\]/g, ' ').trim();
  const name = '*' + literal.split(/[\s,^]+/).join('*') + '*';
  const queries = literal ? [{ AccessionNumber: literal }, { PatientID: literal }, { PatientName: name }] : [];
  const answers = await Promise.all(queries.map((Query) => fetch(root + '../tools/find', {
    method: 'POST', body: JSON.stringify({ Level: 'Study', Query, Expand: true, Limit: MOST_FOUND }),
  }).then((answer) => (answer.ok ? answer.json() : []))));
  return [...new Set(answers.flat().map((found) => found.MainDicomTags.StudyInstanceUID))].slice(0, MOST_FOUND);
}

async function search(form) {
  const filled = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const words = filled.get('text');
  const found = await knownToOrthanc(words).catch(() => []);
  if (found.length) {
    filled.delete('text');
    filled.set('study_uid', found.join(','));
  }
  const address = location.pathname + '?' + filled + (found.length ? '#' + encodeURIComponent(words) : '');
  location.assign(address);
}

const searching = document.querySelector('form[data-search]');
if (searching) {
  if (location.hash && !searching.text.value) {
    searching.text.value = decodeURIComponent(location.hash.slice(1));
  }
  searching.addEventListener('submit', (event) => {
    if (searching.text.value.trim()) {
      event.preventDefault();
      search(searching);
    }
  });
}

// ---- live parts: the page is read again, and what has changed in it is replaced

const asServed = new Map();

function liveParts(page) {
  return [...page.querySelectorAll('[data-live]')];
}

function show(part, html) {
  const open = new Set([...part.querySelectorAll('details[open]')].map((one) => one.dataset.key));
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const again = focused && (focused.id ? '#' + CSS.escape(focused.id) : focused.getAttribute('href') ? 'a[href="' + CSS.escape(focused.getAttribute('href')) + '"]' : '');
  part.innerHTML = html;
  part.querySelectorAll('details').forEach((one) => { one.open = one.open || open.has(one.dataset.key); });
  localTimes(part);
  if (again && part.querySelector(again)) {
    part.querySelector(again).focus();
  }
}

let listening = true;

// A connection can break after the status too, in the middle of the page.
async function pageNow() {
  const answer = await fetch(location.href, { cache: 'no-store' });
  return answer.ok ? answer.text() : null;
}

async function refresh() {
  if (document.hidden) {
    return;
  }
  const html = await pageNow().catch(() => null);
  const lost = document.getElementById('lost');
  if (lost) {
    lost.hidden = html !== null;
  }
  if (html === null) {
    return;
  }
  const fresh = new DOMParser().parseFromString(html, 'text/html');
  for (const part of liveParts(document)) {
    const now = fresh.getElementById(part.id);
    // A selection is somebody who copies.
    const selecting = !getSelection().isCollapsed && part.contains(getSelection().anchorNode);
    if (now && now.innerHTML !== asServed.get(part.id) && !selecting) {
      asServed.set(part.id, now.innerHTML);
      show(part, now.innerHTML);
    }
  }
  namePatients();
}

async function keepUpToDate() {
  while (listening) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    await refresh();
  }
}

// ---- commands: as JSON, which no other site can make this browser send

function numbers(text, count, what) {
  const found = text.trim().split(/[\s,;]+/).filter(Boolean).map(Number);
  if (found.length !== count || !found.every(Number.isFinite)) {
    throw new Error(what + ': ' + count + ' numbers in millimetres are needed, such as ' + (count === 3 ? '-52, -31, 14.5' : '-70, -50, 0, -40, -20, 30') + '.');
  }
  return found;
}

const bodies = {
  rescore(form, button) {
    if (button.value === 'automatic') {
      return { automatic: true };
    }
    const body = {};
    if (form.seed_mm.value.trim()) {
      body.seed_mm = numbers(form.seed_mm.value, 3, 'Seed');
    }
    if (form.box_mm.value.trim()) {
      body.box_mm = numbers(form.box_mm.value, 6, 'Box');
    }
    return body;
  },
  choose(form, button) {
    return { seed_mm: numbers(button.value, 3, 'Seed') };
  },
  read(form, button) {
    return { point_mm: numbers(form.dataset.point, 3, 'Point'), verdict: button.value || null };
  },
  molecular(form) {
    const body = {};
    for (const name of ['gzma', 'prf1']) {
      const text = form[name].value.trim();
      if (text !== form[name].defaultValue) {
        body[name] = text === '' ? null : Number(text);
      }
    }
    const now = form.triple_negative.value;
    if (now !== form.triple_negative.dataset.known) {
      body.triple_negative = now === '' ? null : now === 'yes';
    }
    if (!Object.keys(body).length) {
      throw new Error('Nothing was changed.');
    }
    return body;
  },
  renewals(form) {
    return form.dataset.version ? { older_than_version: form.dataset.version, only_unanswered: true } : {};
  },
  calibrations(form, button) {
    const body = { cohort: form.cohort.value, newest: Number(form.newest.value) };
    for (const name of ['since', 'until', 'sender']) {
      if (form[name].value.trim()) {
        body[name] = form[name].value.trim();
      }
    }
    return { ...body, every_mr: form.every_mr.value !== '', dry_run: button.value === 'count' };
  },
  install() {
    return {};
  },
  stop() {
    return {};
  },
  retries(form, button) {
    return { code: button.value };
  },
};

// What was saved is what the next change is compared with.
const saved = {
  molecular(form, body) {
    for (const name of ['gzma', 'prf1']) {
      if (name in body) {
        form[name].defaultValue = body[name] === null ? '' : body[name];
      }
    }
    if ('triple_negative' in body) {
      form.triple_negative.dataset.known = body.triple_negative === null ? '' : body.triple_negative ? 'yes' : 'no';
    }
  },
};

function reporterOf(part) {
  const status = part.closest('section:has(> [role=status])').querySelector(':scope > [role=status]');
  return (words, wrong) => {
    status.textContent = words;
    status.classList.toggle('wrong', wrong);
  };
}

// The sentence of an answer, whichever it is.
function sentenceOf(answer, reply) {
  return reply.detail || (answer.ok ? 'Done.' : 'TILscope does not answer (status ' + answer.status + ').');
}

function post(to, body) {
  return fetch(root + to, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

async function send(form, button) {
  const report = reporterOf(form);
  let body;
  try {
    body = bodies[form.dataset.command](form, button);
  } catch (problem) {
    report(problem.message, true);
    return;
  }
  report('…', false);
  button.disabled = true;
  try {
    const answer = await post(form.dataset.to, body);
    report(sentenceOf(answer, await answer.json().catch(() => ({}))), !answer.ok);
    if (answer.ok) {
      if (form.dataset.command in saved) {
        saved[form.dataset.command](form, body);
      }
      refresh();
    }
  } catch {
    report('Orthanc does not answer.', true);
  } finally {
    button.disabled = false;
  }
}

document.addEventListener('submit', (event) => {
  if (event.target.dataset.command) {
    event.preventDefault();
    send(event.target, event.submitter || event.target.querySelector('button'));
  }
});

// ---- a click on a picture says where the lesion is; by keys there are the buttons of the candidates and the field of a point

async function pointAt(picture, event) {
  const report = reporterOf(picture);
  const place = picture.getBoundingClientRect();
  const where = new URLSearchParams({
    x: Math.min(1, Math.max(0, (event.clientX - place.left) / place.width)),
    y: Math.min(1, Math.max(0, (event.clientY - place.top) / place.height)),
  });
  report('…', false);
  try {
    const spot = await fetch(picture.dataset.point + '?' + where);
    const meant = await spot.json().catch(() => ({}));
    if (!spot.ok) {
      report(sentenceOf(spot, meant), true);
      return;
    }
    const answer = await post(picture.dataset.to, { seed_mm: meant.seed_mm });
    report(sentenceOf(answer, await answer.json().catch(() => ({}))), !answer.ok);
    if (answer.ok) {
      refresh();
    }
  } catch {
    report('Orthanc does not answer.', true);
  }
}

document.addEventListener('click', (event) => {
  if (event.target.matches('img[data-point]')) {
    pointAt(event.target, event);
  }
});

// ---- a text to paste elsewhere. Browsers give pages without TLS no clipboard: there the text is selected and copied as by hand

async function copyText(button) {
  const text = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(text.textContent);
  } catch {
    getSelection().selectAllChildren(text);
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
}

document.addEventListener('click', (event) => {
  if (event.target.matches('button[data-copy]')) {
    copyText(event.target);
  }
});

// A study of an earlier version has no pictures. Errors of an image do not rise to the document, but can be caught on the way.
document.addEventListener('error', (event) => {
  const figure = event.target.closest && event.target.closest('figure.picture');
  if (figure) {
    figure.textContent = 'There are no pictures of this study here; they are in its PDF.';
  }
}, true);

addEventListener('pagehide', () => { listening = false; });
for (const part of liveParts(document)) {
  asServed.set(part.id, part.innerHTML);
}
localTimes(document);
namePatients();
if (document.querySelector('[data-live-page]')) {
  keepUpToDate();
}
