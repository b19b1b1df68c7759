"""The breast and what it is made of: body, chest wall, contour, fat and fibroglandular tissue."""
