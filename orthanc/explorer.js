// SPDX-License-Identifier: AGPL-3.0-or-later
// TILscope in Orthanc Explorer: a section on the page of a study, and a link on the first page.
// Runs inside Orthanc Explorer, which brings jQuery 1.x and jQuery Mobile ('live', '$.mobile.pageData').
// Everything that comes from a server is shown with text(), never as HTML.

(function () {
  'use strict';

  var STATUS_PAGE = '../tilscope/';

  // The first thing that a person can read in an answer of the service or of the plugin, which both say "detail".
  function sentenceOf(request, fallback) {
    try {
      var detail = JSON.parse(request.responseText).detail;
      return typeof detail === 'string' && detail ? detail : fallback;
    } catch (notJson) {
      return fallback;
    }
  }

  function entry(text, address) {
    var link = $('<a>').attr('href', address || '#').text(text);
    if (address) {
      link.attr('target', '_blank').attr('rel', 'external noopener');
    }
    return link;
  }

  function scoreStudy(orthancId, say) {
    var failed = function (request) {
      say(sentenceOf(request, 'Orthanc does not answer (status ' + request.status + ').'));
    };
    say('Asking TILscope …');
    $.ajax({ url: '../studies/' + encodeURIComponent(orthancId), dataType: 'json', cache: false })
      .fail(failed)
      .done(function (study) {
        var uid = String(study.MainDicomTags.StudyInstanceUID);
        $.ajax({
          url: '../tilscope/studies/' + encodeURIComponent(uid) + '/rescore',
          type: 'POST',
          contentType: 'application/json',
          data: '{}',
          dataType: 'text'
        })
          .fail(failed)
          .done(function (text, outcome, request) {
            say(sentenceOf(request, 'TILscope has taken the request; its page shows what happens.'));
          });
      });
  }

  // Before jQuery Mobile dresses the page, so that the new entries look like their neighbours.
  $('#study').live('pagebeforecreate', function () {
    var answer = $('<li>').attr('id', 'tilscope-answer').attr('role', 'status').css('white-space', 'normal').hide();
    var score = entry('Score with TILscope').attr('id', 'tilscope-score');
    var section = $('<ul>').attr({
      'id': 'tilscope-section', 'data-role': 'listview', 'data-inset': 'true', 'data-theme': 'd', 'data-divider-theme': 'c'
    });
    section.append($('<li>').attr('data-role', 'list-divider').text('TILscope (research use only)'));
    section.append($('<li>').attr('data-icon', 'star').append(score));
    section.append(answer);
    section.append($('<li>').attr('data-icon', 'info').append(
      entry('What happened to this study', STATUS_PAGE).attr('id', 'tilscope-story')));
    section.append($('<li>').attr('data-icon', 'grid').append(entry('All studies in TILscope', STATUS_PAGE)));
    section.insertBefore('#study-access');
    // Whoever may not is not offered it; the service refuses it anyway.
    $.getJSON('../tilscope/me', function (person) {
      if ($.inArray('rescore', person.roles) < 0) {
        score.closest('li').hide();
      }
    });
  });

  $('#tilscope-score').live('click', function (event) {
    event.preventDefault();
    var asked = $.mobile.pageData.uuid;
    scoreStudy(asked, function (words) {
      // An answer that comes after the reader went on to another study is not shown there.
      if ($.mobile.pageData && $.mobile.pageData.uuid === asked) {
        $('#tilscope-answer').text(words).show();
      }
    });
  });

  $('#study').live('pagebeforeshow', function () {
    var shown = $.mobile.pageData && $.mobile.pageData.uuid;
    $('#tilscope-answer').text('').hide();
    $('#tilscope-story').attr('href', STATUS_PAGE);
    if (shown) {
      $.getJSON('../studies/' + encodeURIComponent(shown), function (study) {
        if ($.mobile.pageData && $.mobile.pageData.uuid === shown) {
          var uid = encodeURIComponent(String(study.MainDicomTags.StudyInstanceUID));
          $('#tilscope-story').attr('href', STATUS_PAGE + 'studies/' + uid + '/page');
        }
      });
    }
  });

  $('#lookup').live('pagebeforecreate', function () {
    $('<p>').attr('align', 'center').append(entry('TILscope: what happened to the studies', STATUS_PAGE))
      .insertBefore('#lookup-form');
  });
})();
