# The Hessian of the population loss (points) and the Fisher information (line), both along one direction, against the distance from the true parameters. They agree at 0.
set title sprintf("A student of %s, %s layers of %s units", setting("phi"), setting("L"), setting("N"))
set xlabel "distance from the true parameters"
set ylabel "second derivative"
set xrange [-0.01:0.51]
plot table using "distance":"information" with lines linestyle 1 title "Fisher information", \
     "" using "distance":"hessian" with points linestyle 2 title "Hessian of the loss"
